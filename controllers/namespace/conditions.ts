import { qualified } from "../../apis/errors.ts";
import type { NamespaceCondition } from "../../apis/core/index.ts";
import { now } from "../runtime/index.ts";
import type { Content } from "./content.ts";

/** What holds up the end of a Namespace, in the conditions and the words of Kubernetes. */
export function conditionsOf(
  before: readonly NamespaceCondition[] | undefined,
  remaining: readonly Content[],
  failures: readonly Error[],
): NamespaceCondition[] {
  const conditions = [contentFailure(failures), contentRemaining(remaining), finalizersRemaining(remaining)];
  const kept = (before ?? []).filter(({ type }) => conditions.every((condition) => condition.type !== type));
  return [...kept, ...conditions.map((condition) => timed(condition, before))];
}

type Untimed = Omit<NamespaceCondition, "lastTransitionTime">;

function contentFailure(failures: readonly Error[]): Untimed {
  const type = "NamespaceDeletionContentFailure";
  const [first] = failures;
  if (!first) {
    const message = "All content successfully deleted, may be waiting on finalization";
    return { type, status: "False", reason: "ContentDeleted", message };
  }
  const cause = first.cause instanceof Error ? first.cause.message : "unknown";
  const message = `Failed to delete all resource types, ${failures.length} remaining: ${first.message}: ${cause}`;
  return { type, status: "True", reason: "ContentDeletionFailed", message };
}

function contentRemaining(remaining: readonly Content[]): Untimed {
  const counts = counted(remaining.map(({ kind }) => qualified(kind)));
  const found = counts.map(([resource, count]) => `${resource} has ${count} resource instances`);
  return {
    type: "NamespaceContentRemaining",
    status: "True",
    reason: "SomeResourcesRemain",
    message: `Some resources are remaining: ${found.join(", ")}`,
  };
}

function finalizersRemaining(remaining: readonly Content[]): Untimed {
  const type = "NamespaceFinalizersRemaining";
  const counts = counted(remaining.flatMap(({ object }) => object.metadata.finalizers ?? []));
  if (counts.length === 0) {
    const message = "All content-preserving finalizers finished";
    return { type, status: "False", reason: "ContentHasNoFinalizers", message };
  }
  const found = counts.map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  const message = `Some content in the namespace has finalizers remaining: ${found.join(", ")}`;
  return { type, status: "True", reason: "SomeFinalizersRemain", message };
}

/** How often each occurs, by name. */
function counted(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function timed(condition: Untimed, before: readonly NamespaceCondition[] = []): NamespaceCondition {
  const same = before.find(({ type, status }) => type === condition.type && status === condition.status);
  return { ...condition, lastTransitionTime: same?.lastTransitionTime ?? now() };
}
