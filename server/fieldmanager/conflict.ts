import type { Conflict } from "./apply.ts";
import type { Entry } from "./entries.ts";
import { printPath } from "./fieldset.ts";

/** Conflicts as Kubernetes words them: programs look for these texts. */
export interface ConflictMessages {
  /** Of all together. */
  readonly message: string;
  readonly causes: readonly { readonly message: string; readonly field: string }[];
}

/** More than anybody reads, and an answer must not be larger than what it is about. */
const MAX_TOLD = 1000;

export function conflictMessages(conflicts: readonly Conflict[]): ConflictMessages {
  const told = conflicts
    .slice(0, MAX_TOLD)
    .map(({ owner, path }) => ({ owner: printOwner(owner), field: printPath(path) }));
  const causes = told.map(({ owner, field }) => ({ message: `conflict with ${owner}`, field }));
  if (conflicts.length === 1) {
    const { message, field } = causes[0]!;
    return { message: `Apply failed with 1 conflict: ${message}: ${field}`, causes };
  }
  const owners = [...new Set(told.map(({ owner }) => owner))].toSorted();
  const lines = owners.flatMap((name) => [
    `conflicts with ${name}:`,
    ...told.flatMap(({ owner, field }) => (owner === name ? [`- ${field}`] : [])),
  ]);
  if (conflicts.length > MAX_TOLD) lines.push(`and ${conflicts.length - MAX_TOLD} more`);
  return { message: `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`, causes };
}

/** An applier is the same in every version of the API; whoever updates is named with the one that it wrote. */
function printOwner({ manager, operation, apiVersion, subresource }: Entry): string {
  const name =
    JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : "");
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
