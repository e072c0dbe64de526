import type { KubeObject } from "../../apis/meta.ts";
import { sorted } from "../print/sorted.ts";

/** Where client-side apply remembers what was applied last. The same as kubectl's: both may apply the same object. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** The object to send, which remembers itself as it was applied. */
export function withLastApplied(object: KubeObject): KubeObject {
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata.annotations ?? {};
  const original = { ...object, metadata: { annotations: {}, ...object.metadata } };
  if (object.metadata.annotations) original.metadata.annotations = annotations;
  const text = `${JSON.stringify(sorted(original))}\n`;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: text } },
  };
}

/** What was applied last; undefined if nobody ever did. */
export function lastApplied(object: KubeObject): unknown {
  const text = object.metadata.annotations?.[LAST_APPLIED];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // Somebody edited it; then nothing is known, and nothing is taken away.
  }
}

interface ThreeWay {
  /** As it was applied last. */
  original: unknown;
  /** As it should be. */
  modified: unknown;
  /** As it is. */
  current: unknown;
}

/**
 * The JSON merge patch that brings an object to what is applied: it sets what differs, and removes what was applied
 * before and is not any more. What others added stays. Undefined if there is nothing to do.
 */
export function threeWayPatch({ original, modified, current }: ThreeWay): object | undefined {
  const changes = additions(modified, current);
  const all = isRecord(original) ? merge(changes, deletions(original, modified, current)) : changes;
  return isRecord(all) && Object.keys(all).length > 0 ? all : undefined;
}

/** What must be set, never removing anything. */
function additions(modified: unknown, current: unknown): unknown {
  if (!isRecord(modified) || !isRecord(current)) return same(modified, current) ? undefined : modified;
  const entries = Object.entries(modified)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => [key, additions(value, own(current, key))] as const)
    .filter(([, value]) => value !== undefined);
  return entries.length ? Object.fromEntries(entries) : undefined;
}

/** What was applied before and is not any more, as nulls. */
function deletions(original: unknown, modified: unknown, current: unknown): unknown {
  if (!isRecord(original) || !isRecord(current)) return undefined;
  const entries = Object.entries(original).flatMap(([key, value]) => {
    if (!(key in current)) return [];
    const kept = isRecord(modified) ? own(modified, key) : undefined;
    if (kept === undefined || kept === null) return isRecord(modified) ? [[key, null] as const] : [];
    const below = deletions(value, kept, own(current, key));
    return below === undefined ? [] : [[key, below] as const];
  });
  return entries.length ? Object.fromEntries(entries) : undefined;
}

function merge(a: unknown, b: unknown): unknown {
  if (!isRecord(a) || !isRecord(b)) return a ?? b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, key in a && key in b ? merge(a[key], b[key]) : key in a ? a[key] : b[key]]),
  );
}

/** Equal as JSON, whatever the order of keys. */
function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

const own = (record: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
