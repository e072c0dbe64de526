import { ALL_KINDS } from "../../../apis/index.ts";
import type { Kind } from "../../../apis/kind.ts";
import { discoveryDocument } from "../../../server/discovery/index.ts";

type Aggregated = "v2" | "v2beta1";
interface Asked {
  aggregated?: Aggregated;
  kinds?: readonly Kind[];
}

export const get = (path: string, { aggregated, kinds = ALL_KINDS }: Asked = {}) =>
  discoveryDocument({ find: () => undefined, all: () => kinds }, path, aggregated);

/** The document, read as a client does. */
export const bodyAt = <T = Record<string, unknown>>(path: string, asked: Asked = {}): T =>
  JSON.parse(get(path, asked)!.bytes.toString()) as T;

export interface Entry {
  name: string;
  verbs: string[];
  [field: string]: unknown;
}

export const resourcesAt = (path: string, asked: Asked = {}): Entry[] =>
  bodyAt<{ resources: Entry[] }>(path, asked).resources;

export const entryAt = (path: string, name: string, asked: Asked = {}): Entry | undefined =>
  resourcesAt(path, asked).find((entry) => entry.name === name);

/** A kind like another one, elsewhere. */
export const like = (kind: Kind, more: Partial<Kind>): Kind => ({ ...kind, builtIn: false, ...more });
