import { valuesAt } from "../../../apis/jsonpath/index.ts";
import type { Part } from "./parse.ts";

/** The text that a template gives for a value. Several results of one path are separated by a space. */
export function render(parts: readonly Part[], root: unknown): string {
  return parts.map((part) => renderPart(part, root)).join("");
}

function renderPart(part: Part, current: unknown): string {
  if (part.type === "text") return part.text;
  if (part.type === "path") return valuesAt(part.steps, current).map(textOf).join(" ");
  return valuesAt(part.steps, current)
    .map((item) => render(part.body, item))
    .join("");
}

/** As kubectl prints a value: strings bare, the rest as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}
