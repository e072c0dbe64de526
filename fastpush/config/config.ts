import { homedir } from "node:os";
import { join } from "node:path";
import { BASE_PATH } from "../../apis/fastpush.ts";
import { findFile, readSettings, type Values } from "./file.ts";

/** The settings of the original by their names, then ours; all with their defaults. */
export const SETTINGS = {
  bind_address: "0.0.0.0",
  port: "9000",
  backend_port: "8080",
  backend_command: "python -m http.server",
  backend_dirs: "./",
  restart_regex: "^*.py$",
  ignore_regex: "",
  base_path: BASE_PATH,
  stop_grace: "5",
  max_body: "268435456",
  state_dir: "",
} as const;

export type Setting = keyof typeof SETTINGS;

export interface FastPushConfig {
  readonly bindAddress: string;
  readonly port: number;
  /** 0: a free one. */
  readonly backendPort: number;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly directories: readonly string[];
  /** RE2. */
  readonly restartRegex: string;
  readonly ignoreRegex: string;
  readonly basePath: string;
  /** How long the app may take to end when it is restarted. */
  readonly stopGraceMs: number;
  /** Of one upload in the original protocol, which is held in memory. */
  readonly maxBodyBytes: number;
  /** Empty for the default. */
  readonly stateDirectory: string;
  /** The file that was read; undefined if there is none. */
  readonly file: string | undefined;
}

export interface ConfigSources {
  /** Directory of the app. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Win over the environment, which wins over the file. */
  readonly flags: Values;
  /** Instead of `backend_command`: words that are not split any more. */
  readonly command?: readonly string[] | undefined;
  /** Instead of the file that would be found. */
  readonly file?: string | undefined;
}

/** A setting that cannot be used. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** @throws ConfigError that names the setting, or what is wrong with the file. */
export function readConfig({ root, env, flags, command, file }: ConfigSources): FastPushConfig {
  const found = file
    ? readSettings(file)
    : findFile(["/etc", join(env["HOME"] || homedir(), ".config"), root]);
  const value = (name: Setting): string =>
    flags.get(name) ?? (env[name.toUpperCase()] || found?.values.get(name)) ?? SETTINGS[name];
  const port = portOf("port", value("port"));
  return {
    bindAddress: value("bind_address"),
    port,
    backendPort: backendPortOf(value("backend_port"), port),
    command: commandOf(command, value("backend_command")),
    directories: wordsOf(value("backend_dirs")),
    restartRegex: value("restart_regex"),
    ignoreRegex: value("ignore_regex"),
    basePath: basePathOf(value("base_path")),
    stopGraceMs: numberOf("stop_grace", value("stop_grace"), 60) * 1000,
    maxBodyBytes: numberOf("max_body", value("max_body"), Number.MAX_SAFE_INTEGER),
    stateDirectory: value("state_dir"),
    file: found?.file,
  };
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** The port of the app must differ from ours, or we would send requests to ourselves. */
function backendPortOf(text: string, port: number): number {
  const backend = portOf("backend_port", text);
  return backend === port ? 0 : backend;
}

function portOf(name: Setting, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new ConfigError(`${name} must be a port, not "${text}"`);
}

function numberOf(name: Setting, text: string, max: number): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= max) return Number(text);
  throw new ConfigError(`${name} must be a number from 0 to ${max}, not "${text}"`);
}

function commandOf(given: readonly string[] | undefined, text: string): readonly string[] {
  const command = given?.length ? given : wordsOf(text);
  if (!command[0]) throw new ConfigError("backend_command must name a program");
  return command;
}

function basePathOf(text: string): string {
  const path = text.replace(/\/+$/, "");
  if (/^(\/[^/?#]+)+$/.test(path)) return path;
  throw new ConfigError(`base_path must begin with / and name a path, not "${text}"`);
}
