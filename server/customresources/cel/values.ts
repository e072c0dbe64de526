import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import { isRecord } from "../structural/values.ts";
import { EvaluationError } from "./errors.ts";
import { fieldNamed } from "./escapes.ts";
import { Duration, parseDuration, parseTimestamp, Timestamp } from "./time.ts";

/** Whole numbers are bigints, all others numbers. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | CelMap
  | JsonList
  | JsonMap
  | Uint
  | Timestamp
  | Duration
  | TypeName
  | Optional
  | Opaque;

export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    if (BigInt.asUintN(64, value) !== value) throw new EvaluationError("unsigned integer overflow");
    this.value = value;
  }
}

/** What `type(x)` gives. */
export class TypeName {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  static readonly NONE = new Optional(undefined);
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A value of a type of Kubernetes, such as a quantity or an address. */
export abstract class Opaque {
  abstract readonly typeName: string;
  abstract equals(other: Opaque): boolean;
}

/** A map that an expression made. */
export class CelMap {
  readonly #entries = new Map<string, readonly [Value, Value]>();

  get size(): number {
    return this.#entries.size;
  }

  set(key: Value, value: Value): void {
    const id = keyOf(key);
    if (this.#entries.has(id)) throw new EvaluationError(`Failed with repeated key: ${id}`);
    this.#entries.set(id, [key, value]);
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }

  keys(): Value[] {
    return [...this.#entries.values()].map(([key]) => key);
  }
}

/** Numbers of all types that are equal are the same key. */
function keyOf(key: Value): string {
  if (typeof key === "string" || typeof key === "boolean") return JSON.stringify(key);
  if (key instanceof Uint) return `${key.value}`;
  if (typeof key === "bigint" || (typeof key === "number" && Number.isInteger(key))) return `${key}`;
  throw new EvaluationError("unsupported key type");
}

/** A list of an object. Its items are made into values when they are asked for. */
export class JsonList {
  readonly raw: readonly unknown[];
  readonly schema: JsonSchema;

  constructor(raw: readonly unknown[], schema: JsonSchema) {
    this.raw = raw;
    this.schema = schema;
  }

  at(index: number): Value {
    return valueOf(this.raw[index], this.schema.items);
  }
}

/** An object, or a map of one. */
export class JsonMap {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly schema: JsonSchema;

  constructor(raw: Readonly<Record<string, unknown>>, schema: JsonSchema) {
    this.raw = raw;
    this.schema = schema;
  }

  get size(): number {
    return Object.keys(this.raw).length;
  }

  /** Undefined for what is not there. */
  get(key: string): Value | undefined {
    return Object.hasOwn(this.raw, key) ? valueOf(this.raw[key], this.#schemaOf(key)) : undefined;
  }

  /** The field that an expression names, where some cannot be written as they are. */
  field(name: string): Value | undefined {
    return this.get(Object.hasOwn(this.raw, name) ? name : fieldNamed(name));
  }

  keys(): string[] {
    return Object.keys(this.raw);
  }

  #schemaOf(key: string): JsonSchema | undefined {
    const { properties, additionalProperties } = this.schema;
    if (properties && Object.hasOwn(properties, key)) return properties[key];
    return typeof additionalProperties === "object" ? additionalProperties : undefined;
  }
}

/** What JSON is to an expression, by its schema. */
export function valueOf(raw: unknown, schema: JsonSchema = {}): Value {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === "number") return numberOf(raw, schema);
  if (typeof raw === "string") return stringOf(raw, schema);
  if (typeof raw === "boolean") return raw;
  if (Array.isArray(raw)) return new JsonList(raw, schema);
  if (isRecord(raw)) return new JsonMap(raw, schema);
  throw new EvaluationError("unsupported value");
}

const numberOf = (raw: number, { type }: JsonSchema): Value =>
  type !== "number" && Number.isInteger(raw) ? BigInt(raw) : raw;

function stringOf(raw: string, { type, format }: JsonSchema): Value {
  if (type !== "string") return raw;
  if (format === "date-time" || format === "datetime") return parseTimestamp(raw.toUpperCase());
  if (format === "date") return parseTimestamp(`${raw}T00:00:00Z`);
  if (format === "duration") return parseDuration(raw);
  return format === "byte" ? new Uint8Array(Buffer.from(raw, "base64")) : raw;
}

export const isList = (value: Value): value is readonly Value[] | JsonList =>
  Array.isArray(value) || value instanceof JsonList;

export const isMap = (value: Value): value is CelMap | JsonMap =>
  value instanceof CelMap || value instanceof JsonMap;

export const lengthOf = (list: readonly Value[] | JsonList): number =>
  list instanceof JsonList ? list.raw.length : list.length;

export const itemAt = (list: readonly Value[] | JsonList, index: number): Value =>
  list instanceof JsonList ? list.at(index) : list[index]!;

export const itemsOf = (list: readonly Value[] | JsonList): readonly Value[] =>
  list instanceof JsonList ? list.raw.map((_, index) => list.at(index)) : list;

export function entryOf(map: CelMap | JsonMap, key: Value): Value | undefined {
  if (map instanceof CelMap) return map.get(key);
  return typeof key === "string" ? map.get(key) : undefined;
}

/** The name of the type of a value, as `type(x)` and errors give it. */
export function typeNameOf(value: Value): string {
  if (value === null) return "null_type";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "double";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (value instanceof Uint8Array) return "bytes";
  if (isList(value)) return "list";
  if (isMap(value)) return "map";
  if (value instanceof Uint) return "uint";
  if (value instanceof Timestamp) return "google.protobuf.Timestamp";
  if (value instanceof Duration) return "google.protobuf.Duration";
  if (value instanceof TypeName) return "type";
  return value instanceof Optional ? "optional_type" : value.typeName;
}

/** Types by the names that expressions have for them. */
export const TYPES: ReadonlySet<string> = new Set(
  "bool bytes double int list map null_type string type uint google.protobuf.Timestamp google.protobuf.Duration".split(
    " ",
  ),
);
