import { constants } from "node:os";
import type { CommitRequest, Readiness, SetRestart } from "../../apis/fastpush.ts";

/** A request that says something else than it may. */
export class BadRequestError extends Error {
  override readonly name = "BadRequestError";
}

const [MAX_GRACE_SECONDS, MAX_TIMEOUT_SECONDS, MAX_PORT] = [60, 600, 65_535];

type Fields = Record<string, unknown>;

/** @throws BadRequestError that names the field. */
export function commitRequestOf(body: Buffer): CommitRequest {
  const { base, treeHash, tracked, restart } = fieldsOf(body);
  return {
    base: text(base, "base"),
    treeHash: text(treeHash, "treeHash"),
    tracked: trackedOf(object(tracked, "tracked")),
    restart: restartOf(restart),
  };
}

/** The body of a restart: how it is done. @throws BadRequestError */
export const restartRequestOf = (body: Buffer): SetRestart => restartOf(fieldsOf(body)["restart"]);

function fieldsOf(body: Buffer): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new BadRequestError(`the body is not JSON: ${(error as Error).message}`, { cause: error });
  }
  return object(value, "the body");
}

function trackedOf({ all, add, remove }: Fields): CommitRequest["tracked"] {
  if (all !== undefined) return { all: texts(all, "tracked.all") };
  return { add: texts(add, "tracked.add"), remove: texts(remove, "tracked.remove") };
}

function restartOf(value: unknown): SetRestart {
  const { mode, command, signal, graceSeconds, readiness } = object(value, "restart");
  if (mode === "None") return { mode };
  if (mode === "Command") {
    const words = texts(command, "restart.command");
    if (!words[0]) throw new BadRequestError("restart.command must name a program");
    return { mode, command: words };
  }
  if (mode !== "Supervisor") throw new BadRequestError("restart.mode must be None, Command or Supervisor");
  if (!Object.hasOwn(constants.signals, `SIG${String(signal)}`))
    throw new BadRequestError("restart.signal must be the name of a signal, without SIG");
  return {
    mode,
    signal: String(signal),
    graceSeconds: number(graceSeconds, "restart.graceSeconds", MAX_GRACE_SECONDS),
    ...(readiness !== undefined && { readiness: readinessOf(object(readiness, "restart.readiness")) }),
  };
}

function readinessOf({ port, path, timeoutSeconds }: Fields): Readiness {
  if (path !== undefined && !/^\/[!-~]*$/.test(text(path, "restart.readiness.path")))
    throw new BadRequestError("restart.readiness.path must begin with / and hold no spaces");
  return {
    ...(port !== undefined && { port: number(port, "restart.readiness.port", MAX_PORT) }),
    ...(path !== undefined && { path: path as string }),
    timeoutSeconds: number(timeoutSeconds, "restart.readiness.timeoutSeconds", MAX_TIMEOUT_SECONDS),
  };
}

function object(value: unknown, field: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new BadRequestError(`${field} must be an object`);
  return value as Fields;
}

function text(value: unknown, field: string): string {
  if (typeof value !== "string" || value.includes("\0")) throw new BadRequestError(`${field} must be a text`);
  return value;
}

function texts(value: unknown, field: string): string[] {
  if (!Array.isArray(value)) throw new BadRequestError(`${field} must be a list of texts`);
  return value.map((item) => text(item, field));
}

function number(value: unknown, field: string, max: number): number {
  if (typeof value !== "number" || !(value >= 0) || value > max)
    throw new BadRequestError(`${field} must be a number from 0 to ${max}`);
  return value;
}
