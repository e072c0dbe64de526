import type { SetOperation } from "../../apis/fastpush.ts";

/** A set that is to be finished, whatever happens. */
export interface Journal {
  readonly revision: string;
  readonly treeHash: string;
  /** Paths that syncs have put there, once it is finished, separated by NUL; undefined if they are what they were. */
  readonly manifest: string | undefined;
  readonly operations: readonly SetOperation[];
}

/** Fields separated by NUL: none can hold one, for no path can. */
export function encodeJournal({ revision, treeHash, manifest, operations }: Journal): string {
  const fields = operations.map(fieldsOf).map((fields) => [fields.length, ...fields].join("\0"));
  const length = manifest === undefined ? -1 : Buffer.byteLength(manifest);
  return [revision, treeHash, length, manifest ?? "", ...fields].join("\0");
}

/** @throws Error if it is none. */
export function decodeJournal(text: string): Journal {
  const [revision = "", treeHash = "", length = ""] = text.split("\0", 3);
  const rest = Buffer.from(text.slice(revision.length + treeHash.length + length.length + 3));
  const end = Math.max(Number(length), 0);
  const manifest = Number(length) < 0 ? undefined : rest.toString("utf8", 0, end);
  const fields = rest.length > end ? rest.toString("utf8", end + 1).split("\0") : [];
  const operations: SetOperation[] = [];
  for (let at = 0; at < fields.length;) {
    const count = Number(fields[at]);
    if (!(count >= 2)) throw new Error("the journal is damaged");
    operations.push(operationOf(fields.slice(at + 1, at + 1 + count)));
    at += 1 + count;
  }
  return { revision, treeHash, manifest, operations };
}

const NAMES = { makeDirectory: "mkdir", remove: "unlink", removeDirectory: "rmdir" } as const;

function fieldsOf(operation: SetOperation): string[] {
  const { type, path } = operation;
  if (type === "chmod") return [type, path, operation.mode.toString(8)];
  if (type === "link") return [type, path, operation.target];
  if (type !== "put") return [NAMES[type], path];
  const { mode, size, hash, from = "" } = operation;
  return [type, path, mode.toString(8), String(size), hash, from];
}

function operationOf([type, path = "", first = "", size, hash = ""]: readonly string[]): SetOperation {
  switch (type) {
    case "mkdir":
      return { type: "makeDirectory", path };
    case "unlink":
      return { type: "remove", path };
    case "rmdir":
      return { type: "removeDirectory", path };
    case "chmod":
      return { type, path, mode: Number.parseInt(first, 8) };
    case "link":
      return { type, path, target: first };
    case "put":
      return { type, path, mode: Number.parseInt(first, 8), size: Number(size), hash };
    default:
      throw new Error(`the journal has an unknown operation ${type}`);
  }
}
