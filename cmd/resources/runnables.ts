import type { KubeList, KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { listPath } from "../get/query.ts";
import { versionOf, type ResourceType } from "./types.ts";

/** The kinds that run something: ours. */
export async function runnableTypes(session: Session): Promise<ResourceType[]> {
  const { all } = await session.types();
  return all.filter(({ categories, verbs }) => categories.includes("tiltish") && verbs.includes("watch"));
}

export interface Listed {
  objects: KubeObject[];
  resourceVersion: string | undefined;
}

/** All objects of a kind, each of which says what it is. */
export async function listType(session: Session, type: ResourceType, namespace?: string): Promise<Listed> {
  const query = { namespace, labelSelector: undefined, fieldSelector: undefined };
  const { items, metadata } = await session.json<KubeList>(listPath(type, query));
  const objects = items.map((object) => ({ ...typeMetaOf(type), ...object }));
  return { objects, resourceVersion: metadata.resourceVersion };
}

export const typeMetaOf = (type: ResourceType) => ({ apiVersion: versionOf(type), kind: type.kind });

/** Everything that runs something, of one namespace or of all. */
export async function runnableObjects(session: Session, namespace?: string): Promise<KubeObject[]> {
  const types = await runnableTypes(session);
  const lists = await Promise.all(types.map((type) => listType(session, type, namespace)));
  return lists.flatMap(({ objects }) => objects);
}
