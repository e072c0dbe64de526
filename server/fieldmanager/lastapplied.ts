import { appliedSet } from "./applied.ts";
import type { Applied } from "./apply.ts";
import { compare } from "./compare.ts";
import { difference, type FieldSet, NOTHING, union } from "./fieldset.ts";
import { canonicalJson } from "./json.ts";
import { type FieldType, type Fields, isFields } from "./types.ts";

/** Where an apply from the client remembers what it has applied. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** What was applied from the client last, as far as it still is as it was applied. */
export function allowedByLastApplied(type: FieldType, live: Fields, apiVersion: string): FieldSet {
  const last = parse(annotationsOf(live)[LAST_APPLIED]);
  if (last?.["apiVersion"] !== apiVersion) return NOTHING;
  const { added, modified, removed } = compare(type, last, live);
  return difference(appliedSet(type, last), union(union(added, modified), removed));
}

/** The outcome of an apply, with what was applied in the annotation too, where there is one. */
export function withLastApplied(outcome: Applied, applied: Fields): Applied {
  if (outcome.conflicts) return outcome;
  const annotations = annotationsOf(outcome.object);
  if (!annotations[LAST_APPLIED]) return outcome;
  const next = { ...annotations, [LAST_APPLIED]: `${canonicalJson(withoutAnnotation(applied))}\n` };
  return { ...outcome, object: withAnnotations(outcome.object, next) };
}

function withAnnotations(object: Fields, annotations: Fields): Fields {
  const { [LAST_APPLIED]: _, ...others } = annotations;
  // Rather no memory than no apply.
  const isTooLarge = Buffer.byteLength(Object.entries(annotations).flat().join("")) > MAX_ANNOTATIONS_BYTES;
  const metadata = { ...(object["metadata"] as Fields), annotations: isTooLarge ? others : annotations };
  return { ...object, metadata };
}

function withoutAnnotation(applied: Fields): Fields {
  const { [LAST_APPLIED]: last, ...others } = annotationsOf(applied);
  if (last === undefined) return applied;
  return { ...applied, metadata: { ...(applied["metadata"] as Fields), annotations: others } };
}

function annotationsOf({ metadata }: Fields): Fields {
  const annotations = isFields(metadata) ? metadata["annotations"] : undefined;
  return isFields(annotations) ? annotations : {};
}

function parse(text: unknown): Fields | undefined {
  try {
    const value = JSON.parse(String(text)) as unknown;
    return isFields(value) ? value : undefined;
  } catch {
    return undefined; // Somebody has edited it: then nothing is known.
  }
}
