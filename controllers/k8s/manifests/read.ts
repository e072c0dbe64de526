import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import picomatch from "picomatch";
import { Problem } from "../problem.ts";

/** Text, and where it comes from as people say it. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

const MANIFEST = /\.(ya?ml|json)$/i;
const MAX_FILES = 1_000;
const MAX_MIB = 20;
const MAX_BYTES = MAX_MIB * 1024 * 1024;

/**
 * The manifests that `spec.files` names, as `kubectl apply -f` takes them: files as they are, of directories the YAML
 * and JSON files directly in them, and what globs match, each once and in order.
 *
 * @throws Problem that names what is not there.
 */
export async function readSources(files: readonly string[], home: string): Promise<Source[]> {
  const paths = (await Promise.all(files.map((file) => pathsOf(file, home)))).flat();
  const unique = [...new Set(paths)];
  if (unique.length > MAX_FILES) {
    throw new Problem("BadFiles", `spec.files names ${unique.length} files; at most ${MAX_FILES} are read`);
  }
  const sources: Source[] = [];
  let bytes = 0;
  for (const path of unique) {
    const source = await readSource(path, home);
    bytes += source.text.length;
    if (bytes > MAX_BYTES)
      throw new Problem("BadFiles", `spec.files holds more than ${MAX_MIB} MiB: name fewer files`);
    sources.push(source);
  }
  return sources;
}

async function pathsOf(file: string, home: string): Promise<string[]> {
  const { base, isGlob, glob } = picomatch.scan(file);
  if (isGlob) return globbed(resolve(home, base), glob, file);
  const path = resolve(home, file);
  const found = await stat(path).catch(() => undefined);
  if (!found) throw missing(`${file} does not exist`);
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => MANIFEST.test(name)).toSorted();
  if (names.length === 0) throw missing(`the directory ${file} has no *.yaml, *.yml or *.json`);
  return names.map((name) => join(path, name));
}

async function globbed(base: string, glob: string, written: string): Promise<string[]> {
  const matches = picomatch(glob);
  const entries = await readdir(base, {
    recursive: glob.includes("/") || glob.includes("**"),
    withFileTypes: true,
  }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => matches(relative(base, path)));
  if (paths.length === 0) throw missing(`no file matches ${written}`);
  return paths.toSorted();
}

async function readSource(path: string, home: string): Promise<Source> {
  const name = relative(home, path).startsWith("..") ? path : relative(home, path);
  const { size = 0 } = (await stat(path).catch(() => undefined)) ?? {};
  if (size > MAX_BYTES) throw missing(`${name} is larger than ${MAX_MIB} MiB`);
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw missing(`${name} cannot be read: ${cause.message}`);
  });
  return { name, text: bytes.toString("utf8") };
}

const missing = (what: string): Problem =>
  new Problem("BadFiles", `${what}: correct spec.files, or create it; it is applied as soon as it is there`);
