import { homedir } from "node:os";
import { join } from "node:path";
import { ImageFailure, textOf } from "../failure.ts";
import { isMissing, readSmall } from "../files.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What of the configuration of the docker command line concerns us. */
export interface DockerConfig {
  directory: string;
  currentContext?: string;
  auths: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
  credHelpers: Record<string, string>;
  credsStore?: string;
}

export const configDirectoryOf = (env: Environment): string =>
  env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker");

export const LONGEST_CONFIG = 4 * 1024 * 1024;

/**
 * Reads `config.json` where docker has it; without one it is empty.
 *
 * @throws ImageFailure `DockerConfigInvalid` for what is no such file.
 */
export async function readDockerConfig(env: Environment): Promise<DockerConfig> {
  const directory = configDirectoryOf(env);
  const path = join(directory, "config.json");
  const text = await readSmall(path, LONGEST_CONFIG).catch((error: unknown) => {
    if (isMissing(error)) return "{}";
    throw invalidConfig(path, textOf(error));
  });
  const read = parsed(path, text.toString());
  return {
    directory,
    currentContext: typeof read["currentContext"] === "string" ? read["currentContext"] : undefined,
    credsStore: typeof read["credsStore"] === "string" ? read["credsStore"] : undefined,
    auths: recordIn(read["auths"]) as DockerConfig["auths"],
    credHelpers: recordIn(read["credHelpers"]) as DockerConfig["credHelpers"],
  };
}

/** What the parser says may quote the text, and with it a password: only where it stopped is told. */
function parsed(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    throw invalidConfig(path, "it is no JSON");
  }
  throw invalidConfig(path, "it holds no JSON object");
}

const recordIn = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? { ...value } : {};

const invalidConfig = (path: string, why: string): ImageFailure =>
  new ImageFailure({
    reason: "DockerConfigInvalid",
    message: `${path} cannot be used: ${why}; mend it, or run docker login again`,
    isTransient: true,
  });
