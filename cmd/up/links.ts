import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { namePath } from "../get/query.ts";
import { watchType } from "../resources/watch.ts";
import type { AppliedObject } from "./apply.ts";

export interface Link {
  name: string;
  url: string;
}

const PORT = /\$\(port:[^)]+\)/;
const PORTS = new RegExp(PORT, "g");

/** How long the first output may wait for ports that are only chosen when a process starts. */
const PATIENCE_MS = 1_500;

/** The links of what was applied, with the ports that were chosen as far as that is known in time. */
export async function linksOf(
  session: Session,
  applied: readonly AppliedObject[],
  ended: AbortSignal,
): Promise<Link[]> {
  const signal = AbortSignal.any([ended, AbortSignal.timeout(PATIENCE_MS)]);
  const lists = await Promise.all(
    applied
      .filter(({ type }) => type.kind === "LocalResource")
      .map((one) => resolvedLinks(session, one, signal)),
  );
  return lists.flat();
}

async function resolvedLinks(session: Session, { object, namespace }: AppliedObject, signal: AbortSignal) {
  const links = linksIn(object);
  const needsPort = links.some(({ url }) => url.includes("$(port:"));
  if (!needsPort) return links;
  const ports = await portsOf(session, { namespace, name: `${object.metadata.name}-serve` }, signal);
  return links.map((link) => withoutPorts(withPorts(link, ports)));
}

/** A port that is not chosen yet is told with the line of the run. */
export const withoutPorts = ({ name, url }: Link): Link => ({
  name,
  url: PORT.test(url) ? `${url.replaceAll(PORTS, "…")}, once it runs` : url,
});

/** The links of a LocalResource, as they stand in its spec. */
export function linksIn({ spec, metadata }: KubeObject): Link[] {
  const { links = [] } = (spec ?? {}) as { links?: { name?: string; url: string }[] };
  return links.map(({ name = metadata.name, url }) => ({ name, url }));
}

export const withPorts = ({ name, url }: Link, ports: Record<string, number>): Link => ({
  name,
  url: url.replace(/\$\(port:([^)]+)\)/g, (text, port: string) => ports[port]?.toString() ?? text),
});

async function portsOf(
  session: Session,
  { namespace, name }: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const type = (await session.types()).one("localprocesses");
  const present = await session.json<KubeObject>(namePath(type, namespace, name)).catch(() => undefined);
  if (present && isRunning(present)) return portsIn(present);
  const scope = { namespace, fieldSelector: `metadata.name=${name}`, signal };
  for await (const { object } of watchType(session, type, scope)) {
    if (isRunning(object)) return portsIn(object);
  }
  return {};
}

/** Ports of an earlier run need not be those of the next one. */
const isRunning = ({ status }: KubeObject): boolean =>
  (status as { pid?: number } | undefined)?.pid !== undefined;

export const portsIn = ({ status }: KubeObject): Record<string, number> =>
  (status as { ports?: Record<string, number> } | undefined)?.ports ?? {};
