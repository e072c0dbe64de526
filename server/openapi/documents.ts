import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Kind } from "../../apis/kind.ts";
import type { Info } from "./document.ts";
import type { Form } from "./forms.ts";
import { fragmentsOf, metaFragments } from "./fragments.ts";

/** A document in one form. It is put together when it is first asked for, from parts that outlive it. */
export interface Document {
  /** Changes when the document does. */
  readonly hash: string;
  readonly bytes: () => Buffer;
}

const SLICE_MS = 10;

/** Writes the parts of a document that are not there yet, and lets others go on after each few. */
export async function prepare(form: Form, kinds: readonly Kind[]): Promise<void> {
  let sinceMs = performance.now();
  for (const kind of kinds) {
    fragmentsOf(form, kind);
    if (performance.now() - sinceMs < SLICE_MS) continue;
    await setImmediate();
    sinceMs = performance.now();
  }
}

const known = new WeakMap<readonly Kind[], Map<Form, Document>>();

/** The document of these kinds. */
export function documentOf(form: Form, kinds: readonly Kind[], version: string): Document {
  const ofKinds = known.get(kinds) ?? new Map<Form, Document>();
  known.set(kinds, ofKinds);
  const document = ofKinds.get(form) ?? newDocument(form, kinds, version);
  ofKinds.set(form, document);
  return document;
}

function newDocument(form: Form, kinds: readonly Kind[], version: string): Document {
  const info: Info = { title: "tiltish", version };
  const fragments = [...kinds.map((kind) => fragmentsOf(form, kind)), metaFragments(form)];
  const hash = createHash("sha256").update(JSON.stringify(info));
  for (const { digest } of fragments) hash.update(digest);
  let bytes: Buffer | undefined;
  const make = () =>
    form.document({
      info,
      paths: fragments.map(({ paths }) => paths),
      schemas: [...new Map(fragments.flatMap(({ schemas }) => [...schemas])).values()],
    });
  return {
    hash: hash.digest("hex").slice(0, 32).toUpperCase(),
    bytes: () => (bytes ??= make()),
  };
}
