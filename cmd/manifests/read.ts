import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { CliError, EXIT, usageError } from "../cli/errors.ts";

/** The text of one file, under the name that its user knows it by. */
export interface Source {
  file: string;
  text: string;
}

const EXTENSIONS = new Set([".yaml", ".yml", ".json"]);
const MAX_BYTES = 16 * 1024 * 1024;

/** The files that `-f` names: files, directories, `-`. */
export async function readSources(names: readonly string[], { recursive = false } = {}): Promise<Source[]> {
  if (names.length === 0) throw usageError("which files? give them with -f");
  const sources = await Promise.all(
    names
      .flatMap((name) => name.split(","))
      .map(async (name) => (name === "-" ? [await stdin()] : files(name, recursive))),
  );
  return sources.flat();
}

async function files(name: string, recursive: boolean): Promise<Source[]> {
  const info = await stat(name).catch(() => undefined);
  if (!info) throw new CliError(`error: the path "${name}" does not exist`, EXIT.usage);
  if (!info.isDirectory()) return [await read(name)];
  const paths = await pathsIn(name, recursive);
  if (paths.length === 0) {
    throw new CliError(
      `error: no .yaml, .yml or .json file in "${name}"${recursive ? "" : " (-R looks below)"}`,
      EXIT.usage,
    );
  }
  return Promise.all(paths.map(read));
}

async function pathsIn(directory: string, recursive: boolean): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive });
  return entries
    .filter((entry) => entry.isFile() && EXTENSIONS.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function read(file: string): Promise<Source> {
  try {
    return { file, text: decode(await readFile(file), file) };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`error: cannot read ${file}: ${(error as Error).message}`, EXIT.usage);
  }
}

async function stdin(): Promise<Source> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return { file: "stdin", text: decode(Buffer.concat(chunks), "stdin") };
}

function decode(bytes: Buffer, file: string): string {
  if (bytes.length > MAX_BYTES) throw new CliError(`error: ${file} is larger than 16 MiB`, EXIT.usage);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CliError(`${file}:1:1 is not UTF-8 text`, EXIT.usage);
  }
}
