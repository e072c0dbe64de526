import { setTimeout as delay } from "node:timers/promises";
import type { ResourceContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";
import { targetOf } from "./get.ts";
import type { Outlet } from "../http/outlet.ts";
import type { Encoding } from "../http/websocket.ts";
import { openStream, outletOf } from "./stream.ts";

/** What is wrong with a request shows soon; output may never come. */
const FIRST_MS = 100;

/** Output is bytes of any kind; who cannot take binary messages gets them in base64. */
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  "": "binary",
  "binary.k8s.io": "binary",
  "base64.binary.k8s.io": "base64",
};

const encodingOf = (subprotocol: string): Encoding | undefined =>
  Object.hasOwn(ENCODINGS, subprotocol) ? ENCODINGS[subprotocol] : undefined;

/** `GET …/{plural}/{name}/log`: what its runs wrote; with `follow`, as it is written. */
export async function logRoute(context: ResourceContext): Promise<void> {
  const { identity, limits, log, logSource, query, registry, reply, traffic } = context;
  if (!logSource) throw unknownPath();
  const target = targetOf(context);
  const { object } = registry.get(target);
  const outlet = outletOf(context, encodingOf);
  const signal = traffic.openStream(reply.raw, identity);
  const chunks = logSource({ ...target, object }, Object.fromEntries(query), signal)[Symbol.asyncIterator]();
  const first = chunks.next();
  // Thrown here, an error still becomes a status code.
  await Promise.race([first, delay(FIRST_MS, undefined, { signal }).catch(() => undefined)]);
  await openStream(reply, outlet, "text/plain; charset=utf-8");
  try {
    await copy({ first, chunks, signal }, outlet);
    outlet.end(limits.answerTimeoutMs);
  } catch (error) {
    log.warn({ err: error, name: target.name }, "a log could not be read to its end");
    outlet.cutOff();
  }
}

interface Source {
  first: Promise<IteratorResult<Uint8Array>>;
  chunks: AsyncIterator<Uint8Array>;
  signal: AbortSignal;
}

/** More than this is not read ahead of a client. */
const MAX_UNSENT_BYTES = 64 * 1024;

async function copy({ first, chunks, signal }: Source, outlet: Outlet): Promise<void> {
  for (let next = await first; !next.done && !signal.aborted; next = await chunks.next()) {
    outlet.write(bufferOver(next.value));
    if (outlet.unsentBytes > MAX_UNSENT_BYTES) await outlet.drained(signal);
  }
  await chunks.return?.();
}

const bufferOver = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
