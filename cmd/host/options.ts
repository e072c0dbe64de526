import { resolve } from "node:path";
import { usageError } from "../cli/errors.ts";
import type { Options } from "../cli/options.ts";
import { stateDirOf } from "../instances.ts";

/** Where the state of a project is: as the call or the environment says, else its own directory. */
export async function stateDirFor(options: Options, root: string): Promise<string> {
  const named = options.text("state-dir") ?? process.env["TILTISH_STATE_DIR"];
  return named ? resolve(named) : stateDirOf(root);
}

export function portOf(options: Options): number {
  const port = options.integer("port") ?? 0;
  if (port < 0 || port > 65_535) throw usageError(`--port is 0 to 65535, not ${port}`);
  return port;
}

/** How many changes are kept at most; undefined leaves it to the store. */
export function maxHistoryOf(options: Options): number | undefined {
  const count = options.integer("max-history");
  if (count !== undefined && count < 1) throw usageError(`--max-history is 1 or more, not ${count}`);
  return count;
}
