import { argvOf, validName, type Draft, type Found } from "../draft.ts";
import { present } from "../yaml.ts";
import { NotLiteral, Reader, wordOf, type Literal } from "./literals.ts";

/** A call at the beginning of a line; what is in functions and conditions may never happen. */
const CALL = /^([ \t]*)([A-Za-z_][\w.]*)[ \t]*\(/gm;
/** Calls that set nothing up. */
const SILENT = new Set([
  "print",
  "fail",
  "load",
  "config.parse",
  "allow_k8s_contexts",
  "version_settings",
  "update_settings",
  "analytics_settings",
]);
const TAKEN = new Set([
  "0",
  "1",
  "2",
  "name",
  "cmd",
  "deps",
  "trigger_mode",
  "resource_deps",
  "ignore",
  "auto_init",
  "serve_cmd",
  "allow_parallel",
  "links",
  "labels",
  "env",
  "serve_env",
  "dir",
  "serve_dir",
]);

/** Of a Tiltfile, each local_resource whose arguments stand there as they are. */
export function fromTiltfile(source: string): Found {
  const drafts: Draft[] = [];
  const skipped: string[] = [];
  let end = 0;
  for (const match of source.matchAll(CALL)) {
    // An argument of a call that was read already.
    if (match.index < end || isComment(source, match.index)) continue;
    const [all, indent = "", name = ""] = match;
    const where = `line ${source.slice(0, match.index).split("\n").length}`;
    if (name !== "local_resource") {
      if (!SILENT.has(name) && indent === "")
        skipped.push(`${where}: ${name}(…): only local_resource is taken over`);
      continue;
    }
    if (indent !== "") {
      skipped.push(
        `${where}: local_resource inside of something else: only the Tiltfile knows when it applies`,
      );
      continue;
    }
    const reader = new Reader(source.slice(match.index + all.length));
    try {
      const given = reader.arguments();
      end = match.index + all.length + reader.position;
      drafts.push(draftOf(given));
      skipped.push(
        ...[...given.keys()]
          .filter((key) => !TAKEN.has(key))
          .map((key) => `${where}: ${key} of ${nameIn(given)}`),
      );
    } catch (error) {
      if (!(error instanceof NotLiteral)) throw error;
      skipped.push(`${where}: local_resource whose arguments are computed`);
    }
  }
  return { drafts, skipped };
}

const isComment = (source: string, at: number): boolean =>
  source
    .slice(source.lastIndexOf("\n", at - 1) + 1, at)
    .trimStart()
    .startsWith("#");

const nameIn = (given: ReadonlyMap<string, Literal>): string => {
  const name = given.get("name") ?? given.get("0");
  if (typeof name !== "string") throw new NotLiteral();
  return name;
};

function draftOf(given: ReadonlyMap<string, Literal>): Draft {
  const name = nameIn(given);
  const paths = texts(given.get("deps") ?? given.get("2"));
  const ignores = texts(given.get("ignore"));
  const resourceDeps = texts(given.get("resource_deps"));
  const links = texts(given.get("links")).filter((url) => /^https?:\/\//.test(url));
  const isManual = given.get("trigger_mode") === "Manual";
  const spec = present({
    triggerMode: isManual ? "Manual" : undefined,
    initialRun: given.get("auto_init") === false ? false : undefined,
    watch: paths.length ? { paths, ...(ignores.length && { ignores }) } : undefined,
    buildTemplate: templateOf(given.get("cmd") ?? given.get("1"), given.get("env"), given.get("dir")),
    serveTemplate: templateOf(given.get("serve_cmd"), given.get("serve_env"), given.get("serve_dir")),
    allowParallel: given.get("allow_parallel") === true || undefined,
    links: links.length ? links.map((url) => ({ url })) : undefined,
    dependsOn: resourceDeps.length
      ? resourceDeps.map((each) => ({ kind: "LocalResource", name: validName(each) }))
      : undefined,
  });
  const labels = Object.fromEntries(texts(given.get("labels")).map((label) => [label, "true"]));
  const extra = Object.keys(labels).length ? { labels } : {};
  return {
    kind: "LocalResource",
    name: validName(name),
    comment: `Tiltfile: local_resource ${name}`,
    spec,
    ...extra,
  };
}

const texts = (value: Literal | undefined): string[] =>
  (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value])
    .map(String)
    .filter(Boolean);

function templateOf(
  command: Literal | undefined,
  env: Literal | undefined,
  dir: Literal | undefined,
): object | undefined {
  if (command === undefined || command === null || command === "") return undefined;
  const argv = Array.isArray(command) ? command.map(wordOf) : argvOf(wordOf(command));
  if (argv.length === 0) return undefined;
  const variables = env && typeof env === "object" && !Array.isArray(env) ? Object.entries(env) : [];
  return present({
    argv,
    dir: typeof dir === "string" && dir ? dir : undefined,
    env: variables.length
      ? Object.fromEntries(variables.map(([key, value]) => [key, wordOf(value)]))
      : undefined,
  });
}
