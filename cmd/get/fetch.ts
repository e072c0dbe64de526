import { isReason } from "../../apis/errors.ts";
import type { KubeList, KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import type { Table } from "../print/table.ts";
import type { Selection } from "../resources/select.ts";
import { AS_TABLE, listPath, namePath, type Query } from "./query.ts";

export interface FetchOptions {
  chunkSize: number;
  /** What each row of a table brings along. */
  includeObject?: "Object";
}

/** What was found of one kind, in as many parts as the server gave, and what was named but is not there. */
export interface Fetched<T> {
  parts: T[];
  missing: Error[];
  resourceVersion: string | undefined;
}

/** The rows of a kind as the server words them. */
export function fetchTables(
  session: Session,
  selection: Selection,
  query: Query & FetchOptions,
): Promise<Fetched<Table>> {
  return fetchParts<Table>(session, selection, { ...query, accept: AS_TABLE });
}

/** The objects of a kind. */
export async function fetchObjects(
  session: Session,
  selection: Selection,
  query: Query & FetchOptions,
): Promise<Fetched<KubeObject>> {
  const found = await fetchParts<KubeList | KubeObject>(session, selection, {
    ...query,
    accept: "application/json",
  });
  const { type, names } = selection;
  const typeMeta = {
    apiVersion: type.group ? `${type.group}/${type.version}` : type.version,
    kind: type.kind,
  };
  // Items of a list of built-in kinds do not say what they are.
  const parts = names
    ? (found.parts as KubeObject[])
    : (found.parts as KubeList[]).flatMap(({ items }) => items.map((item) => ({ ...typeMeta, ...item })));
  return { ...found, parts };
}

type Part = { metadata?: { resourceVersion?: string; continue?: string } };

async function fetchParts<T extends Part>(
  session: Session,
  selection: Selection,
  query: Query & FetchOptions & { accept: string },
): Promise<Fetched<T>> {
  return selection.names ? fetchNamed(session, selection, query) : fetchList(session, selection, query);
}

async function fetchNamed<T extends Part>(
  session: Session,
  { type, names = [] }: Selection,
  { accept, namespace, includeObject }: Query & FetchOptions & { accept: string },
): Promise<Fetched<T>> {
  const parts: T[] = [];
  const missing: Error[] = [];
  const suffix = includeObject ? `?includeObject=${includeObject}` : "";
  for (const name of names) {
    try {
      parts.push(await session.json<T>(namePath(type, namespace, name) + suffix, { accept }));
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
      missing.push(error);
    }
  }
  return { parts, missing, resourceVersion: parts.at(-1)?.metadata?.resourceVersion };
}

async function fetchList<T extends Part>(
  session: Session,
  { type }: Selection,
  query: Query & FetchOptions & { accept: string },
): Promise<Fetched<T>> {
  const { accept, chunkSize, includeObject } = query;
  const parts: T[] = [];
  let next: string | undefined;
  do {
    const path = listPath(type, query, { limit: chunkSize || undefined, continue: next, includeObject });
    const part = await session.json<T>(path, { accept });
    parts.push(part);
    next = part.metadata?.continue;
  } while (next);
  return { parts, missing: [], resourceVersion: parts.at(-1)?.metadata?.resourceVersion };
}
