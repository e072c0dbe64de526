import * as fc from "fast-check";
import { type FieldSet, has, parseFieldSet, type Path } from "../../../server/fieldmanager/fieldset.ts";
import {
  afterUpdate,
  apply,
  type Applied,
  type Entry,
  objectTypeOf,
  type FieldSchema,
} from "../../../server/fieldmanager/index.ts";

const text: FieldSchema = { type: "string" };
const port: FieldSchema = {
  type: "object",
  properties: {
    name: text,
    protocol: { ...text, default: "TCP" },
    port: { type: "integer" },
    notes: { type: "object", additionalProperties: text },
  },
};

/** A kind that has something of everything. */
export const schema: FieldSchema = {
  properties: {
    spec: {
      type: "object",
      properties: {
        size: { type: "integer" },
        env: { type: "object", patternProperties: { "^.*$": text } },
        ports: {
          type: "array",
          items: port,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name", "protocol"],
        },
        tags: { type: "array", items: text, "x-kubernetes-list-type": "set" },
        argv: { type: "array", items: text },
        stop: { type: "object", properties: { signal: text, grace: { type: "integer" } } },
        selector: {
          type: "object",
          properties: { matchLabels: { type: "object", additionalProperties: text } },
          "x-kubernetes-map-type": "atomic",
        },
        free: { type: "object" },
      },
    },
    status: { type: "object", properties: { phase: text } },
  },
};

export const type = objectTypeOf(schema);

export interface Thing extends Record<string, unknown> {
  metadata: Record<string, unknown>;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export const thing = (spec?: Record<string, unknown>, metadata: Record<string, unknown> = {}): Thing => ({
  apiVersion: "example.dev/v1",
  kind: "Thing",
  metadata: { name: "a", ...metadata },
  ...(spec && { spec }),
});

export interface State {
  object: Thing | undefined;
  managed: readonly Entry[];
}

export const nothing: State = { object: undefined, managed: [] };

const TIME = "2026-01-01T00:00:00Z";
const API_VERSION = "example.dev/v1";

interface How {
  time?: string;
  apiVersion?: string;
  subresource?: string;
  scope?: "all" | "status" | "all but status";
  force?: boolean;
}

const writerOf = (manager: string, { time = TIME, apiVersion = API_VERSION, subresource }: How) => ({
  manager,
  time,
  apiVersion,
  subresource,
});

export function updated({ object, managed }: State, manager: string, after: Thing, how: How = {}): State {
  const { scope = "all" } = how;
  const writer = writerOf(manager, how);
  return { object: after, managed: afterUpdate({ type, before: object, after, scope, managed, writer }) };
}

export function tried({ object, managed }: State, manager: string, applied: Thing, how: How = {}): Applied {
  const { scope = "all", force } = how;
  return apply({ type, live: object, applied, scope, managed, writer: writerOf(manager, how), force });
}

/** @throws if there are conflicts. */
export function applied(state: State, manager: string, wanted: Thing, how: How = {}): State {
  const outcome = tried(state, manager, wanted, how);
  if (outcome.conflicts) throw new Error(`conflicts: ${JSON.stringify(outcome.conflicts)}`);
  return { object: outcome.object as Thing, managed: outcome.managed };
}

export const fieldsOf = ({ managed }: State, manager: string): FieldSet | undefined =>
  managed.find((entry) => entry.manager === manager)?.fieldsV1;

export const ownersOf = ({ managed }: State, path: Path): string[] =>
  managed.filter(({ fieldsV1 }) => has(parseFieldSet(fieldsV1)!, path)).map(({ manager }) => manager);

/** As a whole, whatever the order of items that are owned one by one. */
export function unordered({ metadata, spec, ...rest }: Thing): Thing {
  const sort = (value: unknown) =>
    Array.isArray(value) ? value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : value;
  return {
    ...rest,
    metadata: { ...metadata, ...("finalizers" in metadata && { finalizers: sort(metadata["finalizers"]) }) },
    ...(spec && {
      spec: {
        ...spec,
        ...("ports" in spec && { ports: sort(spec["ports"]) }),
        ...("tags" in spec && { tags: sort(spec["tags"]) }),
      },
    }),
  };
}

const key = fc.constantFrom("a", "b", "c");
const value = fc.constantFrom("1", "2");
const map = fc.dictionary(key, value, { maxKeys: 3 });
const partly = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Record<string, unknown>>;

const ports = fc.uniqueArray(
  fc
    .tuple(key, partly({ protocol: fc.constantFrom("TCP", "UDP"), port: fc.nat(2), notes: map }))
    .map(([name, rest]) => ({ name, ...rest })),
  { selector: ({ name, ...rest }) => `${name}/${String("protocol" in rest ? rest.protocol : "TCP")}` },
);

const spec = partly({
  size: fc.nat(2),
  env: map,
  ports,
  tags: fc.uniqueArray(value),
  argv: fc.array(value, { maxLength: 2 }),
  stop: partly({ signal: value, grace: fc.nat(2) }),
  selector: partly({ matchLabels: map }),
  free: fc.dictionary(key, fc.oneof(value, map, fc.array(value, { maxLength: 1 })), { maxKeys: 2 }),
});

export const things: fc.Arbitrary<Thing> = fc
  .record(
    {
      spec,
      metadata: partly({ labels: map, finalizers: fc.uniqueArray(value) }),
    },
    { requiredKeys: ["metadata"] },
  )
  .map(({ spec, metadata }) => thing(spec, metadata));
