import { applyPatch, type Operation } from "rfc6902";
import { badRequest, StatusError } from "../../../apis/errors.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import { isRecord } from "../../admission/decode.ts";
import type { Patch } from "./index.ts";

const MAX_OPERATIONS = 10_000;
const MAX_BYTES = 3 * 1024 * 1024;
const OPERATIONS = new Set(["add", "remove", "replace", "move", "copy", "test"]);
const FORBIDDEN_STEP = /\/(__proto__|constructor|prototype)(\/|$)/;

/** RFC 6902. An operation that fails fails the whole patch, with 422. */
export function jsonPatch(body: unknown): Patch {
  if (!Array.isArray(body)) throw badRequest("a JSON patch must be a list of operations");
  if (body.length > MAX_OPERATIONS) {
    const message = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${body.length}`;
    throw new StatusError(413, "RequestEntityTooLarge", message);
  }
  const operations = body.map(operationOf);
  return (current) => applyAll(operations, structuredClone(current));
}

function operationOf(value: unknown, i: number): Operation {
  if (!isRecord(value) || !OPERATIONS.has(String(value["op"])))
    throw badRequest(`operation ${i}: unknown "op"`);
  for (const field of ["path", "from"]) {
    const pointer = value[field];
    const needed = field === "path" || value["op"] === "move" || value["op"] === "copy";
    if (pointer === undefined && !needed) continue;
    if (typeof pointer !== "string" || (pointer !== "" && !pointer.startsWith("/"))) {
      throw badRequest(`operation ${i}: "${field}" must be a JSON pointer`);
    }
    if (FORBIDDEN_STEP.test(pointer)) throw badRequest(`operation ${i}: "${field}" names a forbidden field`);
  }
  if (["add", "replace", "test"].includes(String(value["op"])) && !("value" in value)) {
    throw badRequest(`operation ${i}: "value" is missing`);
  }
  return value as unknown as Operation;
}

function applyAll(operations: Operation[], document: KubeObject): unknown {
  // The library changes what the root holds, and takes a value over as it is: each use needs values of its own.
  const root = { document };
  for (const operation of operations) {
    const own = { ...structuredClone(operation), path: `/document${operation.path}` };
    if ("from" in own) own.from = `/document${own.from}`;
    const [failure] = applyPatch(root, [own]);
    if (failure) throw refused(operation, failure.message);
    // A copy can double the document, thirty times over: look after each one, not at the end.
    if (operation.op === "copy" && JSON.stringify(root).length > MAX_BYTES) throw tooLarge();
  }
  return root.document;
}

const refused = ({ op, path }: Operation, why: string): StatusError =>
  new StatusError(
    422,
    "Invalid",
    `the server rejected our request due to an error in our request: ${op} ${path}: ${why}`,
    {},
  );

const tooLarge = () =>
  new StatusError(413, "RequestEntityTooLarge", `the patched object is larger than ${MAX_BYTES} bytes`);
