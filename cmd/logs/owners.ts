import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { failure } from "../cli/errors.ts";
import { eachNamed, type NamedObject } from "../resources/runnable.ts";
import { listPath } from "../get/query.ts";
import type { KubeList } from "../../apis/meta.ts";
import type { LogOwner } from "./stream.ts";

/** A log, and the name that it is shown under. */
export interface NamedLog extends LogOwner {
  label: string;
  object: KubeObject;
}

/** Which process a LocalResource runs as what: the controller puts it onto what it makes. */
const RESOURCE_LABEL = "tiltish.dev/resource";

/** The logs of LocalProcesses and LocalResources of these names. */
export async function logsNamed(session: Session, args: readonly string[]): Promise<NamedLog[]> {
  const named = await eachNamed(session, args);
  const logs = await Promise.all(named.map((one) => logsOf(session, one)));
  return logs.flat();
}

/** The logs of all processes that a label selector matches. What a LocalResource owns has its labels. */
export async function logsSelected(session: Session, labelSelector: string): Promise<NamedLog[]> {
  return processes(session, session.namespace, labelSelector);
}

async function logsOf(session: Session, { type, object }: NamedObject): Promise<NamedLog[]> {
  const { name, namespace = "" } = object.metadata;
  if (!type.subresources.includes("log")) throw failure(`${type.kind}/${name} writes no log`);
  if (type.kind !== "LocalResource") return [{ type, namespace, name, label: name, object }];
  const owned = await processes(session, namespace, `${RESOURCE_LABEL}=${name}`);
  if (owned.length === 0) throw failure(`${name} has not run anything yet; tiltish why ${name} tells more`);
  return owned;
}

async function processes(session: Session, namespace: string, labelSelector: string): Promise<NamedLog[]> {
  const type = (await session.types()).one("localprocesses");
  const path = listPath(type, { namespace, labelSelector, fieldSelector: undefined });
  const { items } = await session.json<KubeList>(path);
  return items
    .map((object) => ({ type, namespace, name: object.metadata.name, label: labelOf(object), object }))
    .toSorted((a, b) => startOf(a.object) - startOf(b.object));
}

const startOf = ({ status }: KubeObject): number =>
  Date.parse((status as { startTime?: string } | undefined)?.startTime ?? "") || Infinity;

/** What people know a process by: the LocalResource that it belongs to, or its own name. */
export const labelOf = ({ metadata }: KubeObject): string =>
  metadata.labels?.[RESOURCE_LABEL] ?? metadata.name;
