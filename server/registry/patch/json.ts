import { isDeepStrictEqual } from "node:util";
import { badRequest, StatusError } from "../../../apis/errors.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import { isRecord } from "../../admission/decode.ts";
import type { Patch } from "./index.ts";
import { find, insert, remove, replace, stepsOf } from "./pointer.ts";

const MAX_OPERATIONS = 10_000;
/** Of all that is copied together: a copy can double the document, thirty times over. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;
/** Of all lists together in which an item comes or goes, which moves those behind it: some tenths of a second. */
const MAX_MOVED_ITEMS = 200_000_000;
const OPERATIONS = ["add", "remove", "replace", "move", "copy", "test"] as const;
const FORBIDDEN_STEPS = new Set(["__proto__", "constructor", "prototype"]);

interface Operation {
  op: (typeof OPERATIONS)[number];
  /** As it was sent, for messages. */
  pointer: string;
  path: readonly string[];
  from: readonly string[];
  value: unknown;
}

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

function operationOf(sent: unknown, i: number): Operation {
  const op = isRecord(sent) ? OPERATIONS.find((name) => name === sent["op"]) : undefined;
  if (!isRecord(sent) || op === undefined) throw badRequest(`operation ${i}: unknown "op"`);
  const { path: pointer, value } = sent;
  const path = pathOf(sent, "path", i);
  const from = op === "move" || op === "copy" ? pathOf(sent, "from", i) : [];
  if (["add", "replace", "test"].includes(op) && value === undefined) {
    throw badRequest(`operation ${i}: "value" is missing`);
  }
  if (op === "move" && path.length > from.length && from.every((step, at) => step === path[at])) {
    throw badRequest(`operation ${i}: nothing can be moved into itself`);
  }
  return { op, pointer: pointer as string, path, from, value };
}

/** Begins at what holds the document, so that the document itself can be replaced, too. */
function pathOf(sent: Record<string, unknown>, field: "path" | "from", i: number): string[] {
  const steps = stepsOf(sent[field]);
  if (!steps) throw badRequest(`operation ${i}: "${field}" must be a JSON pointer`);
  if (steps.some((step) => FORBIDDEN_STEPS.has(step))) {
    throw badRequest(`operation ${i}: "${field}" names a forbidden field`);
  }
  return ["document", ...steps];
}

function applyAll(operations: readonly Operation[], document: KubeObject): unknown {
  const root = { document };
  let [copied, moved] = [0, 0];
  for (const operation of operations) {
    moved += lengthAround(root, operation.path) + lengthAround(root, operation.from);
    if (moved > MAX_MOVED_ITEMS) throw tooCostly();
    if (operation.op === "copy") copied += sizeOf(find(root, operation.from));
    if (copied > MAX_COPIED_BYTES) throw tooLarge();
    if (!isDone(root, operation)) throw refused(operation);
  }
  return root.document;
}

function isDone(root: object, { op, path, from, value }: Operation): boolean {
  switch (op) {
    case "add":
      return insert(root, path, structuredClone(value));
    case "replace":
      return replace(root, path, structuredClone(value));
    case "remove":
      return remove(root, path) !== undefined;
    case "test":
      // As Kubernetes does: what is not there is null.
      return isDeepStrictEqual(find(root, path) ?? null, value);
    case "copy": {
      const source = find(root, from);
      return source !== undefined && insert(root, path, structuredClone(source));
    }
    case "move": {
      const source = remove(root, from);
      return source !== undefined && insert(root, path, source);
    }
  }
}

/** How many items a change at this place may move. */
function lengthAround(root: object, path: readonly string[]): number {
  const parent = path.length > 0 ? find(root, path.slice(0, -1)) : undefined;
  return Array.isArray(parent) ? parent.length : 0;
}

const sizeOf = (value: unknown): number => (value === undefined ? 0 : JSON.stringify(value).length);

function refused({ op, pointer }: Operation): StatusError {
  const why = op === "test" ? "the value is another one" : "there is nothing at this place";
  const message = `the server rejected our request due to an error in our request: ${op} ${pointer}: ${why}`;
  return new StatusError(422, "Invalid", message, {});
}

const tooCostly = () =>
  new StatusError(
    413,
    "RequestEntityTooLarge",
    "the operations of the patch move too many items of long lists",
  );

const tooLarge = () =>
  new StatusError(
    413,
    "RequestEntityTooLarge",
    `the operations of the patch copy more than ${MAX_COPIED_BYTES} bytes`,
  );
