import { promisify } from "node:util";
import { deflate } from "node:zlib";
import type { Operation } from "../../../sync/index.ts";
import type { AppNews, Greeting, Outcome, RestartPolicy, SyncSet } from "../transport.ts";
import { encodeFrame, fields } from "./frames.ts";

const compressed = promisify(deflate);

/** The fields of a frame. */
export const fieldsOf = (body: Buffer): string[] => body.toString("utf8").split("\0");

export function greetingOf(body: Buffer): Greeting {
  const [, instanceGuid = "", revision = "", treeHash = "", freeKiB = "", committedIn = ""] = fieldsOf(body);
  const freeBytes = freeKiB === "" ? undefined : Number(freeKiB) * 1024;
  return { instanceGuid, revision, treeHash, committedIn, freeBytes };
}

export function operationFrame(operation: Operation): Buffer {
  return encodeFrame("O", operationFields(operation));
}

function operationFields(operation: Operation): string {
  const { type, path } = operation;
  if (type === "makeDirectory") return fields("mkdir", path);
  if (type === "removeDirectory") return fields("rmdir", path);
  if (type === "remove") return fields("unlink", path);
  if (type === "chmod") return fields("chmod", path, operation.mode.toString(8));
  if (type === "link") return fields("link", path, operation.target);
  const { mode, size, hash } = operation.entry;
  return fields("put", path, mode.toString(8), size, hash, operation.from ?? "");
}

/** @param tracked - Paths that the agent knows to be of earlier sets: then only what is new in that is sent. */
export async function commitFrame(set: SyncSet, tracked: ReadonlySet<string> | undefined): Promise<Buffer> {
  const { revision, plan, restart } = set;
  const { added, paths } = manifestOf(plan.tree, tracked);
  const head = Buffer.from(fields(revision, plan.treeHash, added, ...restartFields(restart)));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(head.length);
  return encodeFrame("K", Buffer.concat([length, head, await compressed(paths.join("\0"))]));
}

/** All paths; or how many are new, these, and those that are gone. */
function manifestOf(
  tree: ReadonlyMap<string, unknown>,
  tracked: ReadonlySet<string> | undefined,
): { added: number | ""; paths: string[] } {
  if (!tracked) return { added: "", paths: [...tree.keys()] };
  const added = [...tree.keys()].filter((path) => !tracked.has(path));
  return { added: added.length, paths: [...added, ...[...tracked].filter((path) => !tree.has(path))] };
}

/** How to restart: names and values. */
export function restartFields(restart: RestartPolicy): (string | number)[] {
  const mode = ["mode", restart.mode];
  if (restart.mode === "None") return mode;
  if (restart.mode === "Command") return [...mode, "command", restart.command.join("\u0001")];
  const { port, path, timeoutSeconds } = restart.readiness ?? {};
  const how = ["signal", restart.signal, "grace", restart.graceSeconds];
  return [...mode, ...how, "port", port ?? "", "path", path ?? "", "timeout", timeoutSeconds ?? ""];
}

/** As long as an agent gives a command. */
const COMMAND_SECONDS = 122;

/** How long a restart may take. */
export function longestMs(restart: RestartPolicy): number {
  if (restart.mode === "None") return 0;
  if (restart.mode === "Command") return COMMAND_SECONDS * 1000;
  return (restart.graceSeconds + (restart.readiness?.timeoutSeconds ?? 0)) * 1000;
}

export function outcomeOf(body: Buffer): Outcome {
  const [, result, first = "", second = "", third = ""] = fieldsOf(body);
  switch (result) {
    case "ready":
      return { result, pid: Number(first) };
    case "notready":
      return { result, pid: Number(first), output: third };
    case "crashed":
      return { result, exit: second, output: third };
    case "superseded":
      return { result, by: second };
    case "ok":
    case "unsupervised":
      return { result };
    default:
      return { result: "failed", message: first };
  }
}

/** What an agent tells without being asked: pid, how the one before it ended, what that said last; or that it is ready. */
export function newsOf(body: Buffer): AppNews {
  const [pid = "", exit = "", ...rest] = fieldsOf(body);
  if (pid === "") return { isSupervised: false };
  const isReadyLate = exit === "" && rest.at(-1) === "ready";
  const ended = { exit: exit === "-" ? "" : exit, output: isReadyLate ? "" : rest.join("\0") };
  return {
    isSupervised: true,
    ...(Number(pid) > 0 && { pid: Number(pid) }),
    ...ended,
    ...(isReadyLate && { isReadyLate }),
  };
}
