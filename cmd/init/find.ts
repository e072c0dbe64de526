import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { usageError } from "../cli/errors.ts";
import { NOTHING, type Draft, type Found } from "./draft.ts";
import { fromCompose } from "./from/compose.ts";
import { fromPackageJson } from "./from/packagejson.ts";
import { fromProcessCompose } from "./from/processcompose.ts";
import { fromProcfile } from "./from/procfile.ts";
import { fromCargo, fromGo, fromMakefile, fromPython, type Folder } from "./from/project.ts";
import { fromTiltfile } from "./from/tiltfile.ts";

/** What was found, and where. */
export interface Source extends Found {
  from: string;
}

/** By the name of the file, how it is read. */
const READERS: readonly (readonly [
  name: RegExp,
  read: (text: string, file: string, folder: Folder) => Found,
])[] = [
  [/^Procfile(\..+)?$/, (text, _, folder) => fromProcfile(text, folder.entries.has(".gitignore"))],
  [/^package\.json$/, (text, _, folder) => fromPackageJson(text, folder.entries)],
  [/^process-compose.*\.ya?ml$/, (text, file) => fromProcessCompose(text, file)],
  [/^(docker-)?compose.*\.ya?ml$/, (text, file) => fromCompose(text, file)],
  [/^Tiltfile(\..+)?$/, (text) => fromTiltfile(text)],
];

/** The file that the call names. @throws CliError for one that is not there, or that nobody here can read. */
export function sourceNamed(name: string): Source {
  const path = resolve(name);
  if (!existsSync(path)) throw usageError(`--from ${name}: no such file`);
  const reader = READERS.find(([pattern]) => pattern.test(basename(path)))?.[1];
  if (!reader || !statSync(path).isFile()) {
    throw usageError(
      `--from ${name}: reads Procfile, package.json, docker-compose.yml, process-compose.yaml and Tiltfile`,
    );
  }
  return { from: name, ...reader(readFileSync(path, "utf8"), name, folderOf(dirname(path))) };
}

/** What says by itself what is to run, the clearest first. */
export function sourceHere(directory: string): Source | undefined {
  const folder = folderOf(directory);
  const read = (pattern: RegExp): (readonly [string, () => Found])[] =>
    [...folder.entries]
      .filter((name) => pattern.test(name))
      .toSorted()
      .map((name) => [name, () => sourceNamed(join(directory, name))]);
  const tries: (readonly [string, () => Found])[] = [
    ...read(/^process-compose\.ya?ml$/),
    ...read(/^Procfile(\.dev)?$/).toReversed(),
    ...read(/^package\.json$/),
    ["go.mod", () => fromGo(folder)],
    ["Cargo.toml", () => fromCargo(folder)],
    ["Python", () => fromPython(folder)],
    ["Makefile", () => fromMakefile(folder)],
    ...read(/^Tiltfile$/),
    ...read(/^(docker-)?compose\.ya?ml$/),
  ];
  for (const [from, find] of tries) {
    const found = find();
    if (found.drafts.some(runsByItself)) return { ...found, from };
  }
  return undefined;
}

/** A list of tests is no loop. */
const runsByItself = ({ spec }: Draft): boolean => (spec as { initialRun?: boolean }).initialRun !== false;

/** For a folder that has nothing yet. */
export const SKELETON: Found = {
  ...NOTHING,
  drafts: [
    {
      kind: "LocalResource",
      name: "hello",
      comment: "Runs a command, and runs it again on every save. Put your own here.",
      spec: {
        watch: { paths: ["."] },
        serveTemplate: { argv: ["sh", "-c", "echo 'edit tiltish.yaml'; exec sleep 86400"] },
      },
    },
  ],
};

function folderOf(directory: string): Folder {
  return {
    name: basename(directory),
    entries: new Set(attempt(() => readdirSync(directory))),
    read: (path) => attempt(() => readFileSync(join(directory, path), "utf8")),
    list: (path) => attempt(() => readdirSync(join(directory, path))) ?? [],
  };
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined; // Not there, or not to be read: then it says nothing.
  }
}
