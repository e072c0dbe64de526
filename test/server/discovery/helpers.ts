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

export interface Entry {
  name: string;
  verbs: string[];
  [field: string]: unknown;
}

/** The members of all discovery documents; each has some of them. */
interface Body {
  kind: string;
  paths: string[];
  groups: { name: string }[];
  versions: { version: string }[];
  preferredVersion: object;
  resources: Entry[];
  items: {
    metadata: { name?: string };
    versions: { version: string; resources: { resource: string; subresources?: object[] }[] }[];
  }[];
}

/** The document, read as a client does. */
export const bodyAt = (path: string, asked: Asked = {}): Body =>
  JSON.parse(get(path, asked)!.bytes.toString()) as Body;

export const entryAt = (path: string, name: string, asked: Asked = {}): Entry | undefined =>
  bodyAt(path, asked).resources.find((entry) => entry.name === name);

/** A kind like another one, elsewhere. */
export const like = (kind: Kind, more: Partial<Kind>): Kind => ({ ...kind, builtIn: false, ...more });
