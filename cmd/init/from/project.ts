import { manualDraft, NOTHING, validName, watchAll, type Found } from "../draft.ts";

/** What a folder has, as far as it matters. */
export interface Folder {
  name: string;
  /** Names of what lies in it. */
  entries: ReadonlySet<string>;
  /** Undefined if there is no such file. */
  read(path: string): string | undefined;
  /** Names in a folder below; none if there is none. */
  list(path: string): readonly string[];
}

/** Built into one file, then run: saves cost a build, and a failing one leaves the old server. */
function compiled(
  name: string,
  {
    build,
    binary,
    comment,
    hasGitignore,
  }: { build: string[]; binary: string; comment: string; hasGitignore: boolean },
): Found {
  const { paths, ...ignores } = watchAll(hasGitignore);
  const draft = {
    kind: "LocalResource" as const,
    name: validName(name),
    comment,
    spec: {
      watch: { paths, ...ignores, ignores: [`/${binary.split("/")[0]!}/`] },
      buildTemplate: { argv: build },
      serveTemplate: { argv: [`./${binary}`], restartPolicy: "OnFailure" },
    },
  };
  return { drafts: [draft], skipped: [] };
}

export function fromGo(folder: Folder): Found {
  if (!folder.entries.has("go.mod")) return NOTHING;
  const hasGitignore = folder.entries.has(".gitignore");
  const commands = folder.list("cmd").filter((name) => folder.read(`cmd/${name}/main.go`) !== undefined);
  const mains = [...(folder.entries.has("main.go") ? ["."] : []), ...commands.map((name) => `./cmd/${name}`)];
  const found = mains.map((path) => {
    const name = path === "." ? folder.name : path.slice("./cmd/".length);
    const binary = `bin/${validName(name)}`;
    const build = ["go", "build", "-o", binary, path];
    return compiled(name, { build, binary, comment: `go.mod: ${path}`, hasGitignore });
  });
  const tests = { ...manualDraft("test", "go test ./...", "All tests.") };
  return {
    drafts: [...found.flatMap(({ drafts }) => drafts), ...(mains.length ? [tests] : [])],
    skipped: [],
  };
}

export function fromCargo(folder: Folder): Found {
  const text = folder.read("Cargo.toml");
  const name = /^\s*name\s*=\s*"([^"]+)"/m.exec(text ?? "")?.[1];
  if (!name || folder.read("src/main.rs") === undefined) return NOTHING;
  const hasGitignore = folder.entries.has(".gitignore");
  const binary = `target/debug/${name}`;
  return compiled(name, { build: ["cargo", "build"], binary, comment: "Cargo.toml", hasGitignore });
}

/** The files that a Python program mostly begins with. */
const PYTHON_MAINS = ["app.py", "main.py", "server.py", "wsgi.py"];

export function fromPython(folder: Folder): Found {
  const isPython = ["pyproject.toml", "requirements.txt", "setup.py", "manage.py"].some((file) =>
    folder.entries.has(file),
  );
  if (!isPython) return NOTHING;
  const watch = { ...watchAll(folder.entries.has(".gitignore")), ignores: [".venv/", "*.pyc"] };
  const python = folder.entries.has("uv.lock")
    ? ["uv", "run", "python"]
    : folder.entries.has("poetry.lock")
      ? ["poetry", "run", "python"]
      : ["python3"];
  const main = PYTHON_MAINS.find((file) => folder.entries.has(file));
  const args = folder.entries.has("manage.py")
    ? ["manage.py", "runserver", "--noreload"]
    : main
      ? [main]
      : undefined;
  if (!args) return { drafts: [], skipped: [`no ${PYTHON_MAINS.join(", ")} or manage.py to run`] };
  const serveTemplate = {
    argv: [...python, ...args],
    env: { PYTHONUNBUFFERED: "1" },
    restartPolicy: "OnFailure",
  };
  const draft = {
    kind: "LocalResource" as const,
    name: validName(folder.name),
    comment: `Python: ${args[0]!}`,
    spec: { watch, serveTemplate },
  };
  return { drafts: [draft], skipped: [] };
}

/** Targets that run a server, the likeliest first. */
const SERVERS = ["dev", "run", "serve", "start", "up"];

export function fromMakefile(folder: Folder): Found {
  const text = ["Makefile", "makefile", "GNUmakefile"]
    .map((file) => folder.read(file))
    .find((one) => one !== undefined);
  if (text === undefined) return NOTHING;
  const targets = new Set([...text.matchAll(/^([A-Za-z0-9_-]+)\s*:(?!=)/gm)].map(([, name]) => name!));
  const server = SERVERS.find((name) => targets.has(name));
  const hasBuild = targets.has("build");
  const isUseful = server !== undefined || hasBuild;
  const resource = {
    kind: "LocalResource" as const,
    name: validName(folder.name),
    comment: `Makefile: ${[hasBuild && "build", server].filter(Boolean).join(", then ")}.`,
    spec: {
      watch: watchAll(folder.entries.has(".gitignore")),
      ...(hasBuild && { buildTemplate: { argv: ["make", "build"] } }),
      ...(server && { serveTemplate: { argv: ["make", server], restartPolicy: "OnFailure" } }),
    },
  };
  const byHand = ["test", "lint"].filter((name) => targets.has(name));
  return {
    drafts: [
      ...(isUseful ? [resource] : []),
      ...byHand.map((name) => manualDraft(name, `make ${name}`, `Makefile: ${name}.`)),
    ],
    skipped: [],
  };
}
