import { isReason } from "../../apis/errors.ts";
import type { KubeList, KubeObject } from "../../apis/meta.ts";
import type { Dependency } from "../../apis/v1alpha1/index.ts";
import { isRestartedBy, type RestartOn } from "../../controllers/runtime/index.ts";
import type { Session } from "../connect/session.ts";
import { listPath, namePath } from "../get/query.ts";
import { NAMED_KINDS } from "../resources/named.ts";
import { readyTimeOf } from "./ready.ts";
import { serverOf, statusOf } from "./story.ts";

/** The objects that belong to the story of another one. */
export interface Surroundings {
  /** Whose own run led to this one, the first cause first. */
  earlier: KubeObject[];
  /** What it owns. */
  children: KubeObject[];
  /** The FileWatches that make it run. */
  watches?: KubeObject[];
  /** What depends on it. */
  dependents: KubeObject[];
  /** When the process that runs for it became ready, as exactly as anybody knows. */
  readyTime?: string;
}

const RUNNABLE: readonly string[] = NAMED_KINDS.own;
const MAX_CHAIN = 10;

export async function surroundingsOf(session: Session, object: KubeObject): Promise<Surroundings> {
  const all = await neighbours(session, object.metadata.namespace ?? "");
  const children = all.filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid),
  );
  const process = object.kind === "LocalProcess" ? object : serverOf(children);
  return {
    earlier: await earlierOf(session, object),
    children,
    watches: all.filter((other) => isWatchOf(other, object)),
    dependents: all.filter((other) => dependsOn(other, object)),
    readyTime: process && (await readyTimeOf(session, process)),
  };
}

async function neighbours(session: Session, namespace: string): Promise<KubeObject[]> {
  const types = (await session.types()).all.filter(({ kind }) => RUNNABLE.includes(kind));
  const query = { namespace, labelSelector: undefined, fieldSelector: undefined };
  const lists = await Promise.all(types.map((type) => session.json<KubeList>(listPath(type, query))));
  return lists.flatMap(({ items }) => items);
}

/** Its own, and those that its restartOn speaks of. */
function isWatchOf({ kind, metadata }: KubeObject, object: KubeObject): boolean {
  const { restartOn } = (object.spec ?? {}) as { restartOn?: RestartOn };
  if (kind !== "FileWatch") return false;
  const isOwn = metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid);
  return isOwn || isRestartedBy(restartOn, { metadata });
}

function dependsOn(other: KubeObject, { kind, metadata }: KubeObject): boolean {
  const { dependsOn = [] } = (other.spec ?? {}) as { dependsOn?: Dependency[] };
  return dependsOn.some((dependency) => dependency.kind === kind && dependency.name === metadata.name);
}

/** Follows `status.cause.object` as long as it leads to something that ran for a cause of its own. */
async function earlierOf(session: Session, object: KubeObject): Promise<KubeObject[]> {
  const chain: KubeObject[] = [];
  const known = new Set([object.metadata.uid]);
  let current: KubeObject | undefined = object;
  while (current && chain.length < MAX_CHAIN) {
    const { cause }: ReturnType<typeof statusOf> = statusOf(current);
    const next: KubeObject | undefined = cause?.object
      ? await read(session, cause.object, object.metadata.namespace ?? "")
      : undefined;
    if (!next || known.has(next.metadata.uid)) break;
    // What ran for the same cause has nothing to add.
    if (statusOf(next).cause && statusOf(next).cause?.time !== cause?.time) chain.unshift(next);
    known.add(next.metadata.uid);
    current = next;
  }
  return chain;
}

/** `Kind/name` */
async function read(session: Session, ref: string, namespace: string): Promise<KubeObject | undefined> {
  const [kind = "", name] = ref.split("/");
  const type = (await session.types()).find(kind);
  if (!type || !name) return undefined;
  try {
    return await session.json<KubeObject>(namePath(type, namespace, name));
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined;
    throw error;
  }
}
