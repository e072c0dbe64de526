import { failure } from "../../cli/errors.ts";
import { manualDraft, serverDraft, watchAll, type Draft, type Found } from "../draft.ts";

interface Package {
  name?: string;
  scripts?: Record<string, string>;
  main?: string;
  workspaces?: unknown;
}

/** Files that tell which program runs the scripts. */
const LOCKS: readonly (readonly [file: string, run: string])[] = [
  ["pnpm-lock.yaml", "pnpm run"],
  ["yarn.lock", "yarn run"],
  ["bun.lockb", "bun run"],
  ["bun.lock", "bun run"],
];
/** Worth a button each. */
const BY_HAND = ["test", "lint", "typecheck", "e2e"];
/** What npm runs by itself, and what only makes sense elsewhere. */
const NEVER = /^(pre|post)|^(dev|start|serve|build|prepare|install|publish|version)$/;

/** The scripts of a package.json: `dev`, or `build` and `start`, as a server; tests by hand. */
export function fromPackageJson(text: string, siblings: ReadonlySet<string>): Found {
  const { name, scripts = {}, workspaces } = parsed(text);
  const run = LOCKS.find(([file]) => siblings.has(file))?.[1] ?? "npm run";
  const server = ["dev", "start", "serve"].find((script) => scripts[script]);
  const byHand = BY_HAND.filter((script) => scripts[script]);
  const rest = Object.keys(scripts).filter(
    (script) => !NEVER.test(script) && script !== server && !byHand.includes(script),
  );
  return {
    drafts: [
      ...(server ? [serverOf(name ?? "web", { scripts, server, run }, siblings.has(".gitignore"))] : []),
      ...byHand.map((script) => manualDraft(script, `${run} ${script}`, `package.json: ${script}.`)),
    ],
    skipped: [
      ...rest.map((script) => `script "${script}": add it by hand if it belongs to the loop`),
      ...(workspaces ? ["workspaces: run tiltish init in those that have something to run"] : []),
    ],
  };
}

interface Scripts {
  scripts: Readonly<Record<string, string>>;
  server: string;
  run: string;
}

function serverOf(name: string, { scripts, server, run }: Scripts, hasGitignore: boolean): Draft {
  const short = name.replace(/^@[^/]+\//, "");
  const isBuilt = server !== "dev" && scripts["build"] !== undefined;
  const draft = serverDraft(short, `${run} ${server}`, {
    hasGitignore,
    comment: `package.json: ${isBuilt ? "build, then " : ""}${server}.`,
    more: isBuilt
      ? { watch: ignoringOutput(hasGitignore), buildTemplate: { argv: `${run} build`.split(" ") } }
      : {},
  });
  // What the script runs may watch by itself.
  const { watch: _, ...unwatched } = draft.spec as { watch?: object };
  const watches = serverDraft(short, scripts[server]!, { hasGitignore, comment: "" }).spec as {
    watch?: object;
  };
  return watches.watch || isBuilt ? draft : { ...draft, spec: unwatched };
}

/** Where builds write: a build that sees its own output would never end. */
const ignoringOutput = (hasGitignore: boolean) => ({
  ...watchAll(hasGitignore),
  ignores: ["/dist/", "/build/", "/out/", "/lib/", "/coverage/", "/.next/", "*.tsbuildinfo"],
});

function parsed(text: string): Package {
  try {
    return JSON.parse(text) as Package;
  } catch (cause) {
    throw failure(`package.json: ${(cause as Error).message}`);
  }
}
