import type { KubeObject } from "../../apis/meta.ts";
import { parsePath, textOf, valuesAt } from "../print/jsonpath/index.ts";
import type { Table } from "../print/table.ts";

/** Puts objects in the order of a field; those without it come first, as with kubectl. */
export function objectOrder(path: string): (a: KubeObject, b: KubeObject) => number {
  const steps = parsePath(path);
  return (a, b) => compare(valuesAt(steps, a)[0], valuesAt(steps, b)[0]);
}

/** One table with the rows of all, in the order of a field of their objects. */
export function sortedTable(tables: readonly Table[], path: string): Table[] {
  const order = objectOrder(path);
  const rows = tables
    .flatMap(({ rows = [] }) => rows)
    .toSorted((a, b) => (a.object && b.object ? order(a.object, b.object) : 0));
  return tables.length ? [{ ...tables[0]!, rows }] : [];
}

function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return textOf(a).localeCompare(textOf(b), "en", { numeric: true });
}
