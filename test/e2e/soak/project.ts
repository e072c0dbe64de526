import { execFile } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ours } from "../../helpers/session.ts";

const PROGRAMS = fileURLToPath(new URL("programs", import.meta.url));
export const BRANCHES = ["main", "rework", "cleanup", "topic"];
const FILES = 150;
const PER_DIRECTORY = 10;

const run = promisify(execFile);

/** Runs git in the project. @returns Whether it succeeded. */
export async function git(root: string, ...args: string[]): Promise<boolean> {
  const identity = ["-c", "user.name=soak", "-c", "user.email=soak@example.com", "-c", "gc.auto=0"];
  const env = { ...process.env, GIT_EDITOR: "true", GIT_CONFIG_GLOBAL: "/dev/null" };
  return run("git", [...identity, ...args], { cwd: root, env }).then(
    () => true,
    () => false,
  );
}

/** A real project: programs, sources, and branches that differ in most of the files. */
export async function plantProject(root: string): Promise<void> {
  await cp(PROGRAMS, path.join(root, "tools"), { recursive: true });
  await writeFile(path.join(root, ".gitignore"), "out/\nrun/\ndoubles.txt\n");
  await git(root, "init", "-q", "-b", "main");
  for (const [index, branch] of BRANCHES.entries()) {
    if (index > 0) await git(root, "checkout", "-qf", "-b", branch, "main");
    await plantSources(root, branch, index);
    await git(root, "add", "-A");
    await git(root, "commit", "-qm", branch);
  }
  await git(root, "checkout", "-qf", "main");
}

/** Each branch has directories that others lack, and says something else in almost every file. */
async function plantSources(root: string, branch: string, index: number): Promise<void> {
  for (const top of ["src/app", "src/worker"]) {
    await rm(path.join(root, top), { recursive: true, force: true });
    await mkdir(path.join(root, top), { recursive: true });
    await writeFile(path.join(root, top, "message.txt"), `${branch}\n`);
  }
  for (let file = 0; file < FILES; file++) {
    const number = Math.floor(file / PER_DIRECTORY) * (file % 3 === 0 ? index + 1 : 1);
    const directory = path.join(root, "src/app", `d${number}`);
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, `f${file}.txt`), `${file % 7 === 0 ? "same" : branch} ${file}\n`);
  }
}

const node = (program: string, ...args: string[]) => ["node", `tools/${program}.cjs`, ...args];

const server = (name: string, source: string) => ({
  argv: node("serve", name, source),
  env: { PORT: "$(port:http)" },
  ports: [{ name: "http" }],
  backoff: { initial: "50ms", max: "500ms" },
  readinessProbe: { httpGet: { path: "/", port: "http" } },
});

/** What tiltish is to keep: builds and servers, dependent and manual ones, one that ignores SIGTERM, one that floods. */
export const MANIFESTS: readonly object[] = [
  ours("FileWatch", "app-src", { paths: ["src/app"] }),
  ours("FileWatch", "worker-src", { glob: "src/worker/**" }),
  ours("LocalResource", "app", {
    restartOn: { fileWatches: ["app-src"] },
    buildTemplate: { argv: node("build", "app-build", "src/app") },
    serveTemplate: server("app-serve", "out/app-build"),
  }),
  ours("LocalResource", "page", {
    serveTemplate: server("page-serve", "out/app-build"),
    dependsOn: [{ kind: "LocalResource", name: "app", onChange: "Restart" }],
  }),
  ours("LocalResource", "manual", {
    triggerMode: "Manual",
    restartOn: { fileWatches: ["app-src"] },
    buildTemplate: { argv: node("build", "manual-build", "src/worker") },
    allowParallel: true,
  }),
  ours("LocalProcess", "worker", {
    ...server("worker", "src/worker"),
    daemon: true,
    restartOn: { fileWatches: ["worker-src"] },
  }),
  ours("LocalProcess", "stubborn", {
    ...server("stubborn", "src/worker"),
    env: { PORT: "$(port:http)", STUBBORN: "1" },
    daemon: true,
    stop: { gracePeriodSeconds: 1 },
    restartOn: { fileWatches: ["worker-src"] },
  }),
  ours("LocalProcess", "flood", { argv: node("flood") }),
];

/** Which LocalProcess serves what of which directory. */
export const SERVED: Readonly<Record<string, string>> = {
  "app-serve": "src/app",
  "page-serve": "src/app",
  worker: "src/worker",
  stubborn: "src/worker",
};
