import { stringify } from "yaml";
import type { Random } from "../random.ts";
import { apiVersionOf, fieldsOf, type FuzzKind, KINDS, NAMES, WIDGET } from "./kinds.ts";
import { isReview, type Place } from "./paths.ts";
import { patchOf } from "./patches.ts";
import { protobufOf } from "./protobufs.ts";
import { brokenText, yamlTrick } from "./texts.ts";
import { mutated, oddText, oddValue } from "./values.ts";

export interface Body {
  bytes: Buffer;
  type: string;
}

const JSON_TYPE = "application/json";
const TYPES = [
  "application/yaml",
  "text/plain",
  "application/json; charset=utf-8",
  "application/json;;",
  "a/b/c",
  "",
  "*/*",
];

/** The body of a request with this method at this place, or undefined for none. */
export function bodyOf(random: Random, method: string, place: Place): Body | undefined {
  if (method === "GET" || method === "HEAD")
    return random.chance(0.01) ? jsonBody(random, oddValue(random)) : undefined;
  if (method === "PATCH" && random.chance(0.95)) return patchBody(random, place);
  if (method === "DELETE") return random.chance(0.5) ? asBody(random, deleteOptions(random)) : undefined;
  if (isReview(place)) return asBody(random, review(random, place.path));
  return asBody(random, objectOf(random, place));
}

function asBody(random: Random, value: unknown): Body {
  return random.weighted<() => Body>([
    [60, () => jsonBody(random, value)],
    [12, () => jsonBody(random, mutated(random, value))],
    [5, () => ({ bytes: Buffer.from(stringify(safe(value))), type: "application/yaml" })],
    [3, () => ({ bytes: yamlTrick(random, safe(value)), type: "application/yaml" })],
    [8, () => ({ bytes: protobufOf(random), type: "application/vnd.kubernetes.protobuf" })],
    [8, () => ({ bytes: brokenText(random, JSON.stringify(value)), type: JSON_TYPE })],
    [1, () => ({ bytes: random.bytes(random.integer(200)), type: random.pick([JSON_TYPE, ...TYPES]) })],
  ])();
}

/** What a writer of YAML can write. */
const safe = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? "null") as unknown;

const jsonBody = (random: Random, value: unknown): Body => ({
  bytes: Buffer.from(JSON.stringify(value) ?? "null"),
  type: random.chance(0.97) ? JSON_TYPE : random.pick(TYPES),
});

function patchBody(random: Random, place: Place): Body {
  const { type, value } = patchOf(random, objectOf(random, place));
  const isText = typeof value === "string";
  const text = isText ? value : (JSON.stringify(value) ?? "null");
  if (random.chance(0.05)) return { bytes: brokenText(random, text), type };
  return { bytes: Buffer.from(text), type: random.chance(0.98) ? type : random.pick(TYPES) };
}

/** An object of the kind of the place, most often a valid one. */
export function objectOf(random: Random, place: Place): Record<string, unknown> {
  const kind = place.kind ?? WIDGET;
  const of = random.chance(0.98) ? kind : random.pick(KINDS);
  const { metadata, ...fields } = fieldsOf(random, of) as { metadata?: object };
  return {
    apiVersion: apiVersionOf(of),
    kind: of.kind,
    metadata: { ...metadataOf(random, place, of), ...metadata },
    ...(random.chance(0.7) ? fields : (mutated(random, fields) as object)),
  };
}

function metadataOf(random: Random, { name, namespace }: Place, kind: FuzzKind): Record<string, unknown> {
  const own = name || (kind.plural === "namespaces" ? "fuzz-1" : random.pick(NAMES));
  const named = random.chance(0.97) ? { name: own } : { generateName: "gen-" };
  const base = { ...named, ...(namespace && random.chance(0.3) && { namespace }) };
  return random.chance(0.75)
    ? base
    : { ...base, ...Object.fromEntries(random.times(2, () => moreMetadata(random))) };
}

const owner = { apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "11111111-1111-4111-8111-111111111111" };
const MANAGED: readonly unknown[] = [
  [],
  [{}],
  null,
  "x",
  [
    {
      manager: "m",
      operation: "Apply",
      apiVersion: "v1",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:data": { "f:x": {} } },
    },
  ],
  [
    {
      manager: "m",
      operation: "Update",
      apiVersion: "v1",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:metadata": 5 },
    },
  ],
  [
    {
      manager: "m",
      operation: "Apply",
      apiVersion: "v1",
      fieldsType: "FieldsV1",
      fieldsV1: { "k:{bad": {}, "v:": {}, "i:0": {} },
    },
  ],
  [{ manager: "m", operation: "Sideways", fieldsV1: [] }],
  Array.from({ length: 30 }, (_, i) => ({
    manager: `m${i}`,
    operation: "Update",
    apiVersion: "v1",
    fieldsV1: {},
  })),
];

const moreMetadata = (random: Random): [string, unknown] =>
  random.weighted<() => [string, unknown]>([
    [4, () => ["labels", { app: random.pick(["web", "db"]) }]],
    [3, () => ["labels", oddValue(random)]],
    [3, () => ["annotations", { a: oddText(random) }]],
    [2, () => ["finalizers", [`fuzz.example.com/${random.pick(NAMES)}`]]],
    [1, () => ["finalizers", oddValue(random)]],
    [2, () => ["ownerReferences", [owner]]],
    [1, () => ["ownerReferences", oddValue(random)]],
    [4, () => ["managedFields", random.pick(MANAGED)]],
    [1, () => ["managedFields", oddValue(random)]],
    [2, () => ["resourceVersion", random.pick(["0", "1", "abc", "", 5])]],
    [2, () => ["uid", random.pick([owner.uid, "", 5])]],
    [1, () => ["deletionTimestamp", random.pick(["2026-01-01T00:00:00Z", null, "x"])]],
    [1, () => ["generation", oddValue(random)]],
    [1, () => [oddText(random), oddValue(random)]],
  ])();

const deleteOptions = (random: Random): Record<string, unknown> => ({
  kind: random.chance(0.95) ? "DeleteOptions" : oddText(random),
  apiVersion: random.pick(["v1", "meta.k8s.io/v1", "v2"]),
  ...(random.chance(0.3) && { propagationPolicy: random.pick(["Background", "Foreground", "Orphan", "x"]) }),
  ...(random.chance(0.2) && {
    preconditions: random.pick([{ uid: owner.uid }, { resourceVersion: "1" }, 5, null]),
  }),
  ...(random.chance(0.2) && { dryRun: random.pick([["All"], [], "All", [5]]) }),
  ...(random.chance(0.2) && { gracePeriodSeconds: oddValue(random) }),
  ...(random.chance(0.1) && { orphanDependents: random.pick([true, false, "x"]) }),
});

const REVIEW_KINDS: Readonly<Record<string, string>> = {
  selfsubjectaccessreviews: "SelfSubjectAccessReview",
  selfsubjectrulesreviews: "SelfSubjectRulesReview",
  subjectaccessreviews: "SubjectAccessReview",
  localsubjectaccessreviews: "LocalSubjectAccessReview",
  selfsubjectreviews: "SelfSubjectReview",
  tokenreviews: "TokenReview",
};

function review(random: Random, path: string): Record<string, unknown> {
  const [, , group = "", version = "", ...rest] = path.split("/");
  const attributes = { verb: "get", resource: "configmaps", namespace: "default", group: "" };
  const spec = random.pick<object>([
    { resourceAttributes: attributes },
    { nonResourceAttributes: { verb: "get", path: "/x" } },
    { namespace: "default" },
    { user: "tiltish", groups: ["system:masters"], resourceAttributes: { ...attributes, namespace: "*" } },
    { token: "nonsense", audiences: ["x"] },
    {},
  ]);
  return { apiVersion: `${group}/${version}`, kind: REVIEW_KINDS[rest.at(-1) ?? ""] ?? "Review", spec };
}
