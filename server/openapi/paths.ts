import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import { patchTypesOf } from "../registry/index.ts";
import { listSchemaName, schemaName } from "./kinds.ts";
import { operationOf, type OperationOptions } from "./operations.ts";
import * as parameters from "./parameters.ts";
import { META, type Schema } from "./schema.ts";

/** The paths under which a kind is served: the collection, one object, and its subresources. */
export function pathsOf(kind: Kind): Record<string, Schema> {
  const base = `${kind.group ? "/apis" : "/api"}/${apiVersionOf(kind)}`;
  const collection = `${base}${kind.namespaced ? "/namespaces/{namespace}" : ""}/${kind.plural}`;
  const one = `${collection}/{name}`;
  return {
    ...(kind.namespaced && { [`${base}/${kind.plural}`]: everywhere(kind) }),
    [collection]: collectionPath(kind),
    [one]: objectPath(kind),
    ...(kind.subresources.status && { [`${one}/status`]: statusPath(kind) }),
    ...(kind.subresources.log && { [`${one}/log`]: logPath(kind) }),
  };
}

const everywhere = (kind: Kind): Schema => ({ get: list(kind, "in all namespaces", "forAllNamespaces") });

function collectionPath(kind: Kind): Schema {
  return {
    ...inNamespace(kind),
    get: list(kind, kind.namespaced ? "in a namespace" : ""),
    post: write(kind, "post", {
      description: `Create a ${kind.kind}.`,
      parameters: parameters.WRITE,
      codes: ["200", "201", "202"],
    }),
    delete: operationOf(kind, {
      action: "deletecollection",
      description: `Delete every ${kind.kind} that is selected.`,
      parameters: parameters.DELETE_COLLECTION,
      body: `${META}.DeleteOptions`,
      answer: `${META}.Status`,
    }),
  };
}

function objectPath(kind: Kind): Schema {
  return {
    ...inNamespace(kind, parameters.NAME),
    ...readAndWrite(kind, { of: kind.kind, suffix: "" }),
    delete: operationOf(kind, {
      action: "delete",
      description: `Delete a ${kind.kind}.`,
      parameters: parameters.DELETE,
      body: `${META}.DeleteOptions`,
      answer: `${META}.Status`,
      codes: ["200", "202"],
    }),
  };
}

const statusPath = (kind: Kind): Schema => ({
  ...inNamespace(kind, parameters.NAME),
  ...readAndWrite(kind, { of: `the status of a ${kind.kind}`, suffix: "status" }),
});

const logPath = (kind: Kind): Schema => ({
  ...inNamespace(kind, parameters.NAME),
  get: operationOf(kind, {
    action: "get",
    description: `What a ${kind.kind} wrote.`,
    parameters: parameters.LOG,
    suffix: "log",
  }),
});

function readAndWrite(kind: Kind, { of, suffix }: { of: string; suffix: string }): Schema {
  return {
    get: operationOf(kind, { action: "get", description: `Read ${of}.`, answer: schemaName(kind), suffix }),
    put: write(kind, "put", { description: `Replace ${of}.`, parameters: parameters.WRITE, suffix }),
    patch: write(kind, "patch", {
      description: `Change ${of}, or apply it.`,
      parameters: parameters.PATCH,
      body: `${META}.Patch`,
      // kubectl sends a strategic patch wherever that is listed, and kinds of ours do not understand one.
      bodyTypes: patchTypesOf(kind),
      suffix,
    }),
  };
}

const list = (kind: Kind, where: string, suffix = ""): Schema =>
  operationOf(kind, {
    action: "list",
    description: `List or watch every ${kind.kind} ${where}`.trim().concat("."),
    parameters: parameters.LIST,
    answer: listSchemaName(kind),
    suffix,
  });

const write = (
  kind: Kind,
  action: "post" | "put" | "patch",
  options: Omit<OperationOptions, "action">,
): Schema =>
  operationOf(kind, {
    body: schemaName(kind),
    answer: schemaName(kind),
    codes: ["200", "201"],
    ...options,
    action,
  });

function inNamespace(kind: Kind, ...more: parameters.Parameter[]): Schema {
  const all = [...more, ...(kind.namespaced ? [parameters.NAMESPACE] : [])];
  return all.length ? { parameters: all } : {};
}
