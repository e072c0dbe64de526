import type { Edge } from "./model.ts";

/** An edge in a few words: `dependsOn, Ready`. */
export function edgeText({ via, condition, onChange }: Edge): string {
  return [via, condition, onChange === "Restart" ? "runs again with it" : ""].filter(Boolean).join(", ");
}
