import { accessSync, constants, openSync, closeSync, readSync, statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { packageManagerFor } from "./package-manager.ts";
import type { Program } from "./spawn.ts";

/** A program that could not be started. The message says what, why and what to do. */
export class SpawnError extends Error {
  override readonly name = "SpawnError";
  /** As a shell would answer: 127 not found, 126 found but not to be executed, 1 anything else. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** What the error of a spawn means for the one who wrote the spec. */
export function explain(error: NodeJS.ErrnoException, program: Program): SpawnError {
  const [message, exitCode] = meaningOf(error, program);
  return new SpawnError(message, exitCode, error);
}

type Meaning = [message: string, exitCode: number];

function meaningOf(error: NodeJS.ErrnoException, program: Program): Meaning {
  const file = program.argv[0] ?? "";
  if (file === "") return ["spec.argv is empty: its first entry must name the program to run", 1];
  return (
    wrongDirectory(program.dir) ??
    meaningOfCode(error.code, program) ?? [`cannot start "${file}": ${error.message}`, 1]
  );
}

function meaningOfCode(code: string | undefined, program: Program): Meaning | undefined {
  const file = program.argv[0]!;
  switch (code) {
    case "ENOENT":
      return [file.includes("/") ? missingFile(file, program) : missingInPath(file, program), 127];
    case "EACCES":
      return [notExecutable(file, program), 126];
    case "ENOEXEC":
      return [
        `"${file}" is no program: give it a first line such as #!/bin/sh, or name its interpreter`,
        126,
      ];
    case "E2BIG":
      return [`argv and environment are too long for this system (${sizeOf(program)}): use a file`, 126];
    case "ERR_INVALID_ARG_VALUE":
      return ["argv, dir and env must not contain a NUL character", 1];
    case "EAGAIN":
    case "ENOMEM":
    case "EMFILE":
    case "ENFILE":
      return [`cannot start "${file}": this machine is out of processes, memory or files (${code})`, 1];
    default:
      return undefined;
  }
}

/** The same errno is reported for a missing program and for a missing directory. */
function wrongDirectory(dir: string): Meaning | undefined {
  const advice = "create it, or correct spec.dir";
  try {
    if (!statSync(dir).isDirectory()) return [`"${dir}" is not a directory: correct spec.dir`, 1];
    accessSync(dir, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [`the directory "${dir}" does not exist: ${advice}`, 1];
    if (code === "EACCES") return [`the directory "${dir}" may not be entered: check its permissions`, 1];
    return undefined;
  }
}

function missingInPath(file: string, { env, dir }: Program): string {
  const path = env["PATH"];
  const count = path?.split(delimiter).length ?? 0;
  const looked = path ? `${count} ${count === 1 ? "directory" : "directories"} of PATH` : "no PATH is set";
  const manager = packageManagerFor(file, dir);
  const advice = manager ? `package.json says packageManager ${manager}; corepack enable` : adviceFor(file);
  return `program "${file}" was not found (looked in ${looked}): ${advice}`;
}

function missingFile(file: string, { dir }: Program): string {
  const path = resolve(dir, file);
  const interpreter = interpreterOf(path);
  if (interpreter) return `"${path}" is there, but its interpreter "${interpreter}" is not: install it`;
  return `program "${path}" does not exist: ${adviceFor(file)}`;
}

/** The commonest mistake is a command line in one string. */
function adviceFor(file: string): string {
  if (!/\s/.test(file)) return "install it, or correct spec.argv[0]";
  return `spec.argv takes one entry for each word, or ["sh", "-c", ${JSON.stringify(file)}]`;
}

function notExecutable(file: string, { dir }: Program): string {
  const path = file.includes("/") ? resolve(dir, file) : file;
  if (file.includes("/") && isDirectory(path)) return `"${path}" is a directory, not a program`;
  return `"${path}" may not be executed: try chmod +x, or check that its file system allows it`;
}

function interpreterOf(path: string): string | undefined {
  try {
    const file = openSync(path, "r");
    try {
      const start = Buffer.alloc(256);
      const text = start.toString("latin1", 0, readSync(file, start));
      return /^#!\s*(\S+)/.exec(text)?.[1];
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function sizeOf({ argv, env }: Program): string {
  const bytes = [...argv, ...Object.entries(env).flat()].reduce((sum, text) => sum + text.length + 1, 0);
  return `${Math.ceil(bytes / 1024)} KiB`;
}
