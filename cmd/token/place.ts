import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { TokenDirectory } from "../../server/auth/tokens/index.ts";
import { noSession, usageError } from "../cli/errors.ts";
import type { Options } from "../cli/options.ts";
import { instanceFor, runningInstances, stateDirOf } from "../instances.ts";
import { searchProject } from "../project-file.ts";

/** The tokens of {@link tokenPlaceOf}. */
export const tokensOf = async (options: Options): Promise<TokenDirectory> =>
  new TokenDirectory(await tokenPlaceOf(options));

/**
 * The state directory that is named, or that of this folder, whether its server runs or not.
 *
 * Never that of another project, even if it is the only one: whom this token lets in should be no surprise.
 */
export async function tokenPlaceOf(options: Options): Promise<string> {
  for (const option of ["server", "kubeconfig"]) {
    if (options.has(option))
      throw usageError(`--${option} names a server; tokens are made in a state directory, see --state-dir`);
  }
  const named = options.text("state-dir") ?? process.env["TILTISH_STATE_DIR"];
  if (named) return resolve(named);
  const running = instanceFor(process.cwd(), runningInstances());
  return running ? running.stateDir : projectState(searchProject(process.cwd()).found ?? process.cwd());
}

async function projectState(root: string): Promise<string> {
  const stateDir = await stateDirOf(root);
  if (existsSync(stateDir)) return stateDir;
  throw noSession(`no server has ever run for ${root}. Start one with tiltish up, or name its --state-dir`);
}
