import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { ResourceContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";
import { targetOf } from "./get.ts";
import { openStream } from "./stream.ts";

/** What is wrong with a request shows soon; output may never come. */
const FIRST_MS = 100;

/** `GET …/{plural}/{name}/log`: what its runs wrote; with `follow`, as it is written. */
export async function logRoute(context: ResourceContext): Promise<void> {
  const { identity, log, logSource, query, registry, reply, traffic } = context;
  if (!logSource) throw unknownPath();
  const target = targetOf(context);
  const { object } = registry.get(target);
  const signal = traffic.openStream(reply.raw, identity);
  const chunks = logSource({ ...target, object }, Object.fromEntries(query), signal)[Symbol.asyncIterator]();
  const first = chunks.next();
  // Thrown here, an error still becomes a status code.
  await Promise.race([first, delay(FIRST_MS, undefined, { signal }).catch(() => undefined)]);
  openStream(reply, "text/plain; charset=utf-8");
  try {
    await copy({ first, chunks, signal }, reply.raw);
    reply.raw.end();
  } catch (error) {
    log.warn({ err: error, name: target.name }, "a log could not be read to its end");
    reply.raw.destroy(); // an answer that just ended would look complete
  }
}

interface Source {
  first: Promise<IteratorResult<Uint8Array>>;
  chunks: AsyncIterator<Uint8Array>;
  signal: AbortSignal;
}

async function copy({ first, chunks, signal }: Source, response: NodeJS.WritableStream): Promise<void> {
  for (let next = await first; !next.done && !signal.aborted; next = await chunks.next()) {
    if (!response.write(next.value)) await once(response, "drain", { signal }).catch(() => undefined);
  }
  await chunks.return?.();
}
