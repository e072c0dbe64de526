import type { SetOperation } from "../../apis/fastpush.ts";
import { namesOf } from "../files/names.ts";

/** Something in a set that cannot be done. Nothing of the set is. */
export class BadSetError extends Error {
  override readonly name = "BadSetError";
}

const HASH = /^[0-9a-f]{64}$/;
const MAX_MODE = 0o777;

/** Reads an operation as it came. @throws BadSetError */
export function operationOf(body: Buffer): SetOperation {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
  } catch {
    throw new BadSetError("an operation is not JSON");
  }
  const path = checkedPath(value["path"]);
  switch (value["type"]) {
    case "makeDirectory":
    case "remove":
    case "removeDirectory":
      return { type: value["type"], path };
    case "chmod":
      return { type: "chmod", path, mode: modeOf(path, value) };
    case "link":
      return { type: "link", path, target: targetOf(path, value) };
    case "put":
      return putOf(path, value);
    default:
      throw new BadSetError(`${path}: unknown operation ${JSON.stringify(value["type"])}`);
  }
}

function checkedPath(path: unknown): string {
  if (typeof path !== "string") throw new BadSetError("an operation without a path");
  try {
    return namesOf(path).join("/");
  } catch (error) {
    throw new BadSetError(`${JSON.stringify(path)} ${(error as Error).message}`);
  }
}

function putOf(path: string, { size, hash, from, ...rest }: Record<string, unknown>): SetOperation {
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw new BadSetError(`${path}: a put without a size`);
  if (typeof hash !== "string" || !HASH.test(hash)) throw new BadSetError(`${path}: a put without a SHA-256`);
  const put = { type: "put", path, mode: modeOf(path, rest), size, hash } as const;
  return from === undefined ? put : { ...put, from: checkedPath(from) };
}

function modeOf(path: string, { mode }: Record<string, unknown>): number {
  if (typeof mode !== "number" || !Number.isInteger(mode) || mode < 0 || mode > MAX_MODE)
    throw new BadSetError(`${path}: a mode must be from 0 to 0o777`);
  return mode;
}

/** What a link leads to stays below the root, as far as its text tells. */
function targetOf(path: string, { target }: Record<string, unknown>): string {
  if (typeof target !== "string" || target === "" || target.includes("\0"))
    throw new BadSetError(`${path}: a link without a target`);
  let depth = path.split("/").length - 1;
  const escapes =
    target.startsWith("/") ||
    target.split("/").some((name) => {
      if (name === "..") depth--;
      else if (name !== "" && name !== ".") depth++;
      return depth < 0;
    });
  if (escapes) throw new BadSetError(`${path}: a link to ${target} leads out of the directory of the app`);
  return target;
}
