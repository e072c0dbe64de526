import type { LabelSelector } from "../apis/meta.ts";

/** A selector object as the `labelSelector` of a list; the server does the matching. */
export function labelSelectorToString({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equals = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  return [...equals, ...matchExpressions.map(requirement)].join(",");
}

type Requirement = NonNullable<LabelSelector["matchExpressions"]>[number];

function requirement({ key, operator, values = [] }: Requirement): string {
  if (operator === "Exists") return key;
  if (operator === "DoesNotExist") return `!${key}`;
  return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
}
