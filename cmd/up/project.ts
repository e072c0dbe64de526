import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { KubeObject } from "../../apis/meta.ts";
import { CliError, EXIT, usageError } from "../cli/errors.ts";
import { loadManifests, parseSource } from "../manifests/load.ts";
import type { Manifest } from "../manifests/manifest.ts";
import { PROJECT_FILE, searchProject } from "../project-file.ts";

/** What to run, and where. */
export interface Project {
  root: string;
  /** Files to read; empty if the object below is all there is. */
  files: readonly string[];
  /** For `up -- CMD`. */
  object?: KubeObject;
}

/** The project of this call: the files that it names, the command after `--`, or the tiltish.yaml of this folder. */
export function projectOf(files: readonly string[], argv: readonly string[] | undefined): Project {
  if (argv && files.length) throw usageError("give files (-f) or a command (--), not both");
  if (argv) return commandProject(argv);
  if (files.length === 0) return foundProject();
  return { root: rootOf(files[0]!), files };
}

/** The objects of a project, each with its place in a file. */
export function manifestsOf({ files, object }: Project, recursive: boolean): Promise<Manifest[]> {
  if (!object) return loadManifests(files, { recursive });
  return Promise.resolve(parseSource({ file: "command", text: JSON.stringify(object) }));
}

function rootOf(file: string): string {
  if (file === "-") return process.cwd();
  const path = resolve(file);
  if (!existsSync(path)) throw new CliError(`error: the path "${file}" does not exist`, EXIT.usage);
  return realpathSync(statSync(path).isDirectory() ? path : dirname(path));
}

function foundProject(): Project {
  const start = process.cwd();
  const { found, top } = searchProject(start);
  if (found === undefined) throw noFile(start, top);
  // The name that people see in messages is the one that they would type.
  const file = found === start ? PROJECT_FILE : join(found, PROJECT_FILE);
  return { root: found, files: [file] };
}

function noFile(start: string, top: string): CliError {
  const where = start === top ? `in ${start}` : `in ${start}, nor above it up to ${top}`;
  return usageError(
    `there is no ${PROJECT_FILE} ${where}. Write one (tiltish init), name files with -f, or run one command: tiltish up -- npm start`,
  );
}

/** A server that is started again on every change of what git does not ignore. */
function commandProject(argv: readonly string[]): Project {
  if (argv.length === 0) throw usageError("which command? tiltish up -- npm start");
  const root = process.cwd();
  const ignoreFiles = existsSync(join(root, ".gitignore")) ? { ignoreFiles: [".gitignore"] } : {};
  const object = {
    apiVersion: "tiltish.dev/v1alpha1",
    kind: "LocalResource",
    metadata: { name: nameFor(argv, root) },
    spec: {
      watch: { paths: ["."], ...ignoreFiles },
      // Something that ends well waits for the next save.
      serveTemplate: { argv: [...argv], restartPolicy: "OnFailure" },
    },
  };
  return { root, files: [], object };
}

/** What the server writes is no change of the project, even where that lies in the same folder: a command in `~`. */
export function ignoring(project: Project, directories: readonly string[]): Project {
  const { object, root } = project;
  const ignores = directories
    .map((directory) => relative(root, directory))
    .filter((path) => path !== "" && path !== ".." && !path.startsWith(`..${sep}`))
    .map((path) => `/${path}/`);
  if (!object || ignores.length === 0) return project;
  const { watch, ...spec } = object.spec as { watch: object };
  return { ...project, object: { ...object, spec: { ...spec, watch: { ...watch, ignores } } } };
}

/** Programs whose name says nothing about what they run. */
const RUNNERS =
  /^(node|nodejs|npm|npx|yarn|pnpm|bun|deno|python[\d.]*|ruby|java|go|cargo|make|env|sh|bash|tsx)$/;

/** A valid name: of the program, or of the folder if the program only runs others. */
export function nameFor(argv: readonly string[], root: string): string {
  const program = basename(argv[0]!).replace(/\.[a-z]+$/i, "");
  const name = RUNNERS.test(program) ? basename(root) : program;
  const valid = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50);
  return valid || "main";
}
