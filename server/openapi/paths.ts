import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import { patchTypesOf } from "../registry/index.ts";
import { listSchemaName, META, schemaName } from "./names.ts";
import { operationOf, type OperationOptions } from "./operations.ts";
import * as parameters from "./parameters.ts";
import { SCALE } from "./scale.ts";
import type { Schema } from "./schema.ts";
import { TRIGGER_REQUEST } from "./trigger.ts";

/** The paths under which a kind is served: the collection, one object, and its subresources. */
export function pathsOf(kind: Kind): Record<string, Schema> {
  const base = `${kind.group ? "/apis" : "/api"}/${apiVersionOf(kind)}`;
  const collection = `${base}${kind.namespaced ? "/namespaces/{namespace}" : ""}/${kind.plural}`;
  const one = `${collection}/{name}`;
  const items: Record<string, Schema> = {
    ...(kind.namespaced && { [`${base}/${kind.plural}`]: everywhere(kind) }),
    [collection]: { ...inNamespace(kind), ...collectionOperations(kind) },
    [one]: { ...inNamespace(kind, parameters.NAME), ...objectOperations(kind) },
    ...subresourcesAt(one, kind),
  };
  return Object.fromEntries(
    Object.entries(items).filter(([, item]) => METHODS.some((method) => item[method])),
  );
}

const METHODS = ["get", "put", "post", "patch", "delete"] as const;

/** Each operation beside the verb that allows it. */
type Operations = Partial<Record<(typeof METHODS)[number], readonly [verb: string, operation: Schema]>>;

/** Only what the kind can do: some can only be read, others only be asked. */
const served = ({ verbs }: Kind, operations: Operations): Schema =>
  Object.fromEntries(
    Object.entries(operations)
      .filter(([, [verb]]) => verbs.includes(verb))
      .map(([method, [, operation]]) => [method, operation]),
  );

const everywhere = (kind: Kind): Schema =>
  served(kind, { get: ["list", list(kind, "in all namespaces", "forAllNamespaces")] });

const collectionOperations = (kind: Kind): Schema =>
  served(kind, {
    get: ["list", list(kind, kind.namespaced ? "in a namespace" : "")],
    post: ["create", create(kind)],
    delete: ["deletecollection", deleteCollection(kind)],
  });

const objectOperations = (kind: Kind): Schema => ({
  ...readAndWrite(kind, { of: kind.kind, suffix: "", schema: schemaName(kind) }),
  ...served(kind, { delete: ["delete", deleteOne(kind)] }),
});

function subresourcesAt(one: string, kind: Kind): Record<string, Schema> {
  const { status, scale, finalize, log, trigger } = kind.subresources;
  const below = inNamespace(kind, parameters.NAME);
  const [ofStatus, ofScale] = [`the status of a ${kind.kind}`, `the scale of a ${kind.kind}`];
  return {
    ...(status && {
      [`${one}/status`]: {
        ...below,
        ...readAndWrite(kind, { of: ofStatus, suffix: "status", schema: schemaName(kind) }),
      },
    }),
    ...(scale && {
      [`${one}/scale`]: { ...below, ...readAndWrite(kind, { of: ofScale, suffix: "scale", schema: SCALE }) },
    }),
    ...(finalize && { [`${one}/finalize`]: { ...below, ...served(kind, { put: ["update", letGo(kind)] }) } }),
    ...(log && { [`${one}/log`]: { ...below, ...served(kind, { get: ["get", readLog(kind)] }) } }),
    ...(trigger && { [`${one}/trigger`]: { ...below, ...served(kind, { post: ["create", ask(kind)] }) } }),
  };
}

const letGo = (kind: Kind): Schema =>
  write(kind, {
    suffix: "finalize",
    answer: schemaName(kind),
    action: "put",
    body: schemaName(kind),
    description: `Replace the finalizers in the spec of a ${kind.kind}.`,
  });

function readAndWrite(kind: Kind, part: { of: string; suffix: string; schema: string }): Schema {
  const { of, suffix, schema } = part;
  const both = { suffix, answer: schema };
  return served(kind, {
    get: ["get", operationOf(kind, { ...both, action: "get", description: `Read ${of}.` })],
    put: ["update", write(kind, { ...both, action: "put", body: schema, description: `Replace ${of}.` })],
    patch: ["patch", patch(kind, { ...both, description: `Change ${of}, or apply it.` })],
  });
}

const list = (kind: Kind, where: string, suffix = ""): Schema =>
  operationOf(kind, {
    action: "list",
    description: `List or watch every ${kind.kind} ${where}`.trim().concat("."),
    parameters: kind.verbs.includes("watch") ? [...parameters.LIST, ...parameters.WATCH] : parameters.LIST,
    answer: listSchemaName(kind),
    suffix,
  });

const create = (kind: Kind): Schema =>
  write(kind, {
    action: "post",
    description: `Create a ${kind.kind}.`,
    body: schemaName(kind),
    answer: schemaName(kind),
    codes: ["200", "201", "202"],
  });

const write = (kind: Kind, options: OperationOptions): Schema =>
  operationOf(kind, { codes: ["200", "201"], parameters: parameters.WRITE, ...options });

const patch = (kind: Kind, options: Omit<OperationOptions, "action">): Schema =>
  write(kind, {
    ...options,
    action: "patch",
    parameters: parameters.PATCH,
    body: `${META}.Patch`,
    // kubectl sends a strategic patch wherever that is listed, and custom kinds do not understand one.
    bodyTypes: patchTypesOf(kind),
  });

const deleteOne = (kind: Kind): Schema =>
  operationOf(kind, {
    action: "delete",
    description: `Delete a ${kind.kind}.`,
    parameters: parameters.DELETE,
    body: `${META}.DeleteOptions`,
    answer: `${META}.Status`,
    codes: ["200", "202"],
  });

const deleteCollection = (kind: Kind): Schema =>
  operationOf(kind, {
    action: "deletecollection",
    description: `Delete every ${kind.kind} that is selected.`,
    parameters: parameters.DELETE_COLLECTION,
    body: `${META}.DeleteOptions`,
    answer: `${META}.Status`,
  });

const readLog = (kind: Kind): Schema =>
  operationOf(kind, {
    action: "get",
    description: `What a ${kind.kind} wrote.`,
    parameters: parameters.LOG,
    suffix: "log",
  });

const ask = (kind: Kind): Schema =>
  write(kind, {
    action: "post",
    description: `Ask a ${kind.kind} to run, to run again, or to stop.`,
    body: TRIGGER_REQUEST,
    answer: schemaName(kind),
    codes: ["201"],
    suffix: "trigger",
  });

function inNamespace(kind: Kind, ...more: parameters.Parameter[]): Schema {
  const all = [...more, ...(kind.namespaced ? [parameters.NAMESPACE] : [])];
  return all.length ? { parameters: all } : {};
}
