import { ageOf } from "../../apis/duration.ts";
import type { Column, Kind } from "../../apis/kind.ts";
import { compilePath } from "./path.ts";

/** One entry of `columnDefinitions`. */
export interface ColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export type Cell = string | number | boolean | null;

/** The columns of a kind, ready to be read from its objects. */
export interface CompiledColumns {
  readonly definitions: readonly ColumnDefinition[];
  cells(object: unknown, now: number): Cell[];
}

const NAME: Column = { name: "Name", path: ".metadata.name", type: "string" };
const compiled = new WeakMap<Kind, CompiledColumns>();

/** Compiled on first use: a kind is a constant, and a list of it may have thousands of rows. */
export function columnsOf(kind: Kind): CompiledColumns {
  const known = compiled.get(kind);
  if (known) return known;
  const fresh = compile(kind);
  compiled.set(kind, fresh);
  return fresh;
}

function compile(kind: Kind): CompiledColumns {
  const columns = withName(kind);
  const readers = columns.map((column) => readerOf(column, kind));
  return {
    definitions: columns.map((column) => definitionOf(column, kind.builtIn)),
    cells: (object, now) => readers.map((read) => read(object, now)),
  };
}

/** Name comes first. Nobody looks for an Event by its name, so there it is the last one, for `-o wide`. */
function withName(kind: Kind): readonly Column[] {
  return kind.builtIn && kind.kind === "Event"
    ? [...kind.columns, { ...NAME, priority: 1 }]
    : [NAME, ...kind.columns];
}

function definitionOf(column: Column, builtIn: boolean): ColumnDefinition {
  const isName = column.path === NAME.path;
  return {
    name: column.name,
    // The tables of built-ins carry ages as strings, those of custom resources as dates; clients see text in both.
    type: builtIn && column.type === "date" ? "string" : column.type,
    format: isName ? "name" : "",
    description: column.description ?? (isName ? "Name of the object, unique in its namespace." : ""),
    priority: column.priority ?? 0,
  };
}

type Reader = (object: unknown, now: number) => Cell;
type ComputedGetter = (object: unknown, now: number) => unknown;

function readerOf({ path, type }: Column, { builtIn, custom }: Kind): Reader {
  const get = typeof path === "string" ? compilePath(path) : (path as ComputedGetter);
  if (type !== "date") {
    return custom
      ? (object, now) => cellAs(type, get(object, now))
      : (object, now) => cellOf(get(object, now));
  }
  const missing = builtIn ? "<unknown>" : null;
  return (object, now) => ageCell(get(object, now), now) ?? missing;
}

function cellOf(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return JSON.stringify(value);
}

/** In the columns of a definition only what is of their type is shown; anything can be text. */
function cellAs(type: Exclude<Column["type"], "date">, value: unknown): Cell {
  if (value === undefined || value === null) return null;
  if (type === "string") return typeof value === "string" ? value : JSON.stringify(value);
  if (type === "boolean") return typeof value === "boolean" ? value : null;
  if (typeof value !== "number") return null;
  return type === "integer" ? Math.trunc(value) : value;
}

/** The words that kubectl prints for a time that cannot be read, or that is not here yet. */
function ageCell(value: unknown, now: number): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  const ms = now - Date.parse(value);
  return Number.isNaN(ms) || ms <= -2000 ? "<invalid>" : ageOf(ms);
}
