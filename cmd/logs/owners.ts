import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { RESOURCE_LABEL } from "../../apis/v1alpha1/index.ts";
import { failure } from "../cli/errors.ts";
import type { NamedObject } from "../resources/runnable.ts";
import { listPath } from "../get/query.ts";
import type { KubeList } from "../../apis/meta.ts";
import type { LogOwner } from "./stream.ts";

/** A log, and the name that it is shown under. */
export interface NamedLog extends LogOwner {
  label: string;
  object: KubeObject;
}

/** The objects that run something and that a label selector matches; what they own is theirs. */
export async function selectedObjects(session: Session, labelSelector: string): Promise<NamedObject[]> {
  const types = await session.types();
  const lists = ["localresources", "localprocesses", "cfappsyncs", "k8sresources"].map(async (plural) => {
    const type = types.one(plural);
    const path = listPath(type, { namespace: session.namespace, labelSelector, fieldSelector: undefined });
    const { items } = await session.json<KubeList>(path);
    return items.map((object) => ({ type, object }));
  });
  return (await Promise.all(lists)).flat();
}

/** The log of a process, or those of all that a LocalResource has run. */
export async function logsOf(session: Session, { type, object }: NamedObject): Promise<NamedLog[]> {
  const { name, namespace = "" } = object.metadata;
  if (!type.subresources.includes("log")) throw failure(`${type.kind}/${name} writes no log`);
  if (type.kind !== "LocalResource") return [{ type, namespace, name, label: name, object }];
  return processes(session, namespace, `${RESOURCE_LABEL}=${name}`);
}

/** Each log once. */
export const uniqueLogs = (logs: readonly NamedLog[]): NamedLog[] => [
  ...new Map(logs.map((log) => [`${log.type.plural}/${log.name}`, log])).values(),
];

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
