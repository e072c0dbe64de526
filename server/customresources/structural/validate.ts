import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import { join } from "../../admission/prune.ts";
import { embeddedProblems } from "./embedded.ts";
import { identityIn, listProblems } from "./lists.ts";
import { invalidValue, notSupported, Problems, required, tooMany, wrongType } from "./problems.ts";
import { numberProblems, stringProblems } from "./scalars.ts";
import { canonical, isEqual, isRecord, typeOf } from "./values.ts";

/** Where a walk is. */
export interface Place {
  /** Such as `spec.tags[0]`. */
  readonly path: string;
  /** What was stored here before; undefined for what is new. */
  readonly old: unknown;
  readonly problems: Problems;
}

/**
 * Says what is wrong with a value, in terms of a structural schema.
 *
 * What has not changed is not found wrong, so that objects stay usable when their schema becomes stricter. No text and
 * no schema can make it take long: patterns match in time that grows with the text, and it stops when enough is wrong.
 */
export function validate(value: unknown, schema: JsonSchema, place: Place): void {
  const { problems, old } = place;
  if (problems.isFull) return;
  const before = problems.count;
  check(value, schema, place);
  if (problems.count > before && old !== undefined && isEqual(value, old)) problems.forgetSince(before);
}

function check(value: unknown, schema: JsonSchema, place: Place): void {
  const { path, problems } = place;
  problems.work.spend(1 + (schema.enum?.length ?? 0) / 10);
  const found = typeOf(value);
  const wanted = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : typesOf(schema);
  if (wanted && !wanted.includes(found) && !(value === null && schema.nullable))
    return problems.add(wrongType(path, found, wanted[0] === "number" ? "number" : wanted.join()));
  if (schema.enum && !schema.enum.some((one) => isEqual(one, value)))
    problems.add(notSupported(path, value, schema.enum));
  if (typeof value === "string")
    problems.addAll(stringProblems(value, schema, { field: path, spend: problems.work.spend }));
  else if (typeof value === "number") problems.addAll(numberProblems(value, schema, path));
  else if (Array.isArray(value)) checkList(value, schema, place);
  else if (isRecord(value)) checkObject(value, schema, place);
  if (schema.allOf || schema.anyOf || schema.oneOf || schema.not) checkJunctors(value, schema, place);
}

/** A whole number is a number too. */
function typesOf({ type }: JsonSchema): readonly string[] | undefined {
  return type === undefined ? undefined : type === "number" ? ["number", "integer"] : [type];
}

function checkList(list: readonly unknown[], schema: JsonSchema, place: Place): void {
  const { path, problems } = place;
  problems.addAll(listProblems(list, schema, path));
  const { items } = schema;
  if (!items) return;
  const oldItemOf = oldItems(schema, place.old);
  for (const [i, item] of list.entries()) {
    if (problems.isFull) return;
    validate(item, items, { problems, path: `${path}[${i}]`, old: oldItemOf(item) });
  }
}

/** Items are found again by what tells them apart; without that a list is one thing. */
function oldItems(schema: JsonSchema, old: unknown): (item: unknown) => unknown {
  const identityOf = Array.isArray(old) ? identityIn(schema) : undefined;
  if (!identityOf) return () => undefined;
  const known = new Map((old as unknown[]).map((item) => [canonical(identityOf(item)), item]));
  return (item) => known.get(canonical(identityOf(item)));
}

function checkObject(value: Record<string, unknown>, schema: JsonSchema, place: Place): void {
  const { path, problems } = place;
  const { minProperties, maxProperties } = schema;
  const keys = Object.keys(value);
  problems.work.spend((schema.required?.length ?? 0) / 10);
  for (const name of schema.required ?? [])
    if (!Object.hasOwn(value, name)) problems.add(required(join(path, name)));
  if (maxProperties !== undefined && keys.length > maxProperties)
    problems.add(tooMany(path, keys.length, maxProperties));
  if (minProperties !== undefined && keys.length < minProperties)
    problems.add(
      invalidValue(path, keys.length, `${path} in body should have at least ${minProperties} properties`),
    );
  if (schema["x-kubernetes-embedded-resource"]) problems.addAll(embeddedProblems(value, path));
  checkFields(value, schema, place);
}

function checkFields(value: Record<string, unknown>, schema: JsonSchema, place: Place): void {
  const { path, problems, old } = place;
  const { properties = {}, additionalProperties } = schema;
  for (const [key, child] of Object.entries(value)) {
    if (problems.isFull) return;
    const ofField = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (typeof ofField !== "object") continue;
    const oldChild = isRecord(old) && Object.hasOwn(old, key) ? old[key] : undefined;
    validate(child, ofField, { problems, path: join(path, key), old: oldChild });
  }
}

/** As many of each branch as help to see what is missing. */
const MAX_OF_BRANCH = 5;

function checkJunctors(value: unknown, schema: JsonSchema, { path, problems }: Place): void {
  const name = JSON.stringify(path);
  const found = (branch: JsonSchema): Problems => {
    const ofBranch = new Problems(problems.work, MAX_OF_BRANCH);
    validate(value, branch, { path, problems: ofBranch, old: undefined });
    return ofBranch;
  };
  for (const branch of schema.allOf ?? []) problems.addAll(found(branch).all);
  if (schema.not && found(schema.not).count === 0)
    problems.add(invalidValue(path, "", `${name} must not validate the schema (not)`));
  if (schema.anyOf) {
    const all = schema.anyOf.map(found);
    if (all.every(({ count }) => count > 0))
      problems.addAll([
        invalidValue(path, "", `${name} must validate at least one schema (anyOf)`),
        ...nearest(all),
      ]);
  }
  if (schema.oneOf) {
    const all = schema.oneOf.map(found);
    const valid = all.filter(({ count }) => count === 0).length;
    const why = `${name} must validate one and only one schema (oneOf).`;
    if (valid === 0) problems.addAll([invalidValue(path, "", `${why} Found none valid`), ...nearest(all)]);
    if (valid > 1) problems.add(invalidValue(path, "", `${why} Found ${valid} valid alternatives`));
  }
}

/** What is wrong with the value as the branch sees it that comes nearest. */
const nearest = (branches: readonly Problems[]) =>
  branches.toSorted((a, b) => a.count - b.count)[0]?.all ?? [];
