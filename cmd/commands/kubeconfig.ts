import { existsSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { usageError } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { findInstance } from "../connect/find.ts";
import { writeAtomically } from "../files.ts";
import type { FoundInstance } from "../instances.ts";

/** `tiltish kubeconfig`: a line to evaluate, the path, or `--merge` into the user's own file. */
export async function run({ options }: Invocation): Promise<void> {
  const instance = findInstance(options);
  const path = join(instance.stateDir, "kubeconfig");
  if (options.flag("path")) return outLine(path);
  if (options.flag("merge")) return merge(instance, path);
  outLine(exportLine(path));
  if (process.stdout.isTTY) say(`# eval "$(tiltish kubeconfig)" runs it`);
}

/** Quoted, for a directory may hold anything. */
export const exportLine = (path: string): string => `export KUBECONFIG=${quote(path)}`;

const quote = (text: string): string =>
  /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

interface Entry {
  name: string;
  [field: string]: unknown;
}

interface Kubeconfig {
  [field: string]: unknown;
  clusters?: Entry[] | null;
  contexts?: Entry[] | null;
  users?: Entry[] | null;
}

/** Adds ours under names of their own. The current context stays as it is. */
async function merge(instance: FoundInstance, path: string): Promise<void> {
  const { parse, stringify } = await import("yaml");
  const file =
    process.env["KUBECONFIG"]?.split(delimiter).find(Boolean) ?? join(homedir(), ".kube", "config");
  const own = parse(await readFile(path, "utf8")) as Kubeconfig;
  const text = existsSync(file) ? await readFile(file, "utf8") : undefined;
  const theirs = text === undefined ? { apiVersion: "v1", kind: "Config" } : (parse(text) as unknown);
  if (!isKubeconfig(theirs)) throw usageError(`${file} is no kubeconfig; it is left as it is`);
  const name = `tiltish-${basename(instance.stateDir)}`;
  const backup = `${file}.before-tiltish`;
  if (text !== undefined) await copyFile(file, backup);
  await writeAtomically(file, stringify(merged(theirs, own, name)));
  say(`added context ${name} to ${file}${text === undefined ? "" : `; the old file is ${backup}`}`);
  outLine(`kubectl --context ${name} get all`);
}

const isKubeconfig = (value: unknown): value is Kubeconfig =>
  typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "Config";

function merged(theirs: Kubeconfig, own: Kubeconfig, name: string): Kubeconfig {
  const replace = (list: Entry[] | null | undefined, entry: Entry) => [
    ...(list ?? []).filter((other) => other.name !== name),
    entry,
  ];
  const context = own.contexts?.[0]?.["context"] as object | undefined;
  return {
    ...theirs,
    clusters: replace(theirs.clusters, { ...own.clusters?.[0], name }),
    users: replace(theirs.users, { ...own.users?.[0], name }),
    contexts: replace(theirs.contexts, { name, context: { ...context, cluster: name, user: name } }),
  };
}
