import { createHash } from "node:crypto";
import type { Kind } from "../../apis/kind.ts";
import type { Form } from "./forms.ts";
import { META_SCHEMAS } from "./meta.ts";
import { schemasOf } from "./objects.ts";
import { pathsOf } from "./paths.ts";
import type { Schema } from "./schema.ts";

/** What something adds to a document in one form. */
export interface Fragments {
  readonly paths: Buffer;
  /** By name: kinds may share some. */
  readonly schemas: ReadonlyMap<string, Buffer>;
  /** Tells it from others. */
  readonly digest: Buffer;
}

/** Kinds never change, so theirs are kept for as long as they are served. */
const ofKinds = new WeakMap<Form, WeakMap<Kind, Fragments>>();
const ofMeta = new WeakMap<Form, Fragments>();

/** The paths and schemas of a kind. */
export function fragmentsOf(form: Form, kind: Kind): Fragments {
  const known = ofKinds.get(form) ?? new WeakMap<Kind, Fragments>();
  ofKinds.set(form, known);
  return kept(known, kind, () => fragments(form, { paths: pathsOf(kind), schemas: schemasOf(kind) }));
}

/** The schemas that those of every kind refer to. */
export const metaFragments = (form: Form): Fragments =>
  kept(ofMeta, form, () => fragments(form, { paths: {}, schemas: META_SCHEMAS }));

function kept<Key extends object>(known: WeakMap<Key, Fragments>, key: Key, make: () => Fragments) {
  const fragments = known.get(key) ?? make();
  known.set(key, fragments);
  return fragments;
}

type Members = Readonly<Record<string, Schema>>;

function fragments(form: Form, { paths, schemas }: { paths: Members; schemas: Members }): Fragments {
  const written = form.pathEntries(paths);
  const byName = new Map(
    Object.entries(schemas).map(([name, schema]) => [name, form.schemaEntries({ [name]: schema })]),
  );
  const hash = createHash("sha256").update(written);
  for (const entry of byName.values()) hash.update(entry);
  return { paths: written, schemas: byName, digest: hash.digest() };
}
