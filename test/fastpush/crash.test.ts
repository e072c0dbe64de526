import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { type Container, GUID, test } from "./fixture.ts";
import { commitBody, file, operation } from "./frames.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/tiltish.js", import.meta.url));
const KILLER = new URL("killer.mjs", import.meta.url).href;
const V1 = "/_fastpush/v1";

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
}

/** @param killAt - Step of a commit before which it is killed. @returns undefined if it was, before it could listen. */
async function started(container: Container, killAt?: number): Promise<Started | undefined> {
  const killer = killAt === undefined ? [] : ["--import", KILLER];
  const child = spawn(process.execPath, [...killer, PROGRAM, "fastpush-controller", "--", "sleep", "1000"], {
    cwd: container.app,
    detached: true,
    env: {
      PATH: process.env["PATH"],
      HOME: container.home,
      BIND_ADDRESS: "127.0.0.1",
      PORT: "0",
      BACKEND_PORT: "0",
      VCAP_APPLICATION: JSON.stringify({ application_id: GUID }),
      KILL_AT: String(killAt),
      KILL_JOURNAL: join(container.home, "vcap/tmp/.tiltish-fastpush/journal"),
    },
  });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
  const isUp = () => /listens at 127\.0\.0\.1:\d+/.test(said) || child.signalCode !== null;
  await expect.poll(isUp, { interval: 5, timeout: 20_000 }).toBe(true);
  const port = Number(/listens at 127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
  return child.signalCode === null ? { child, port } : undefined;
}

const ask = ({ port }: Started, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${V1}${path}`, { ...init, headers: { "x-auth-token": GUID } });

const statusOf = async (controller: Started) =>
  (await (await ask(controller, "/status")).json()) as { pid: number; revision: string };

async function kill({ child }: Started, group: number): Promise<void> {
  child.kill("SIGKILL");
  if (child.signalCode === null) await once(child, "exit");
  process.kill(-group, "SIGKILL");
}

async function end({ child }: Started): Promise<void> {
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** Sends a set and commits it. @returns whether that was answered. */
async function commits(controller: Started, revision: string, frames: Buffer[], base = ""): Promise<boolean> {
  await ask(controller, `/sets/${revision}`, { method: "PUT", body: Buffer.concat(frames) });
  const body = commitBody({ base });
  return ask(controller, `/sets/${revision}/commit`, { method: "POST", body }).then(
    () => true,
    () => false,
  );
}

describe("a controller that is killed in the middle of a commit", () => {
  const FILES = 400;

  test("has the old tree or the new one when it comes back, and says which", async ({ container }) => {
    for (let i = 0; i < FILES; i++) await container.write(`f${i}`, "0");
    let now = 0;
    for (let round = 1; round <= 8; round++) {
      const controller = (await started(container))!;
      const { pid } = await statusOf(controller);
      const frames = await Promise.all(Array.from({ length: FILES }, (_, i) => file(`f${i}`, String(round))));
      const answer = commits(controller, `r${round}`, frames, now === 0 ? "" : `r${now}`);
      // One file has come; how many more are there when the signal arrives, nobody knows.
      const one = `f${randomInt(FILES)}`;
      await expect.poll(() => container.read(one), { interval: 1 }).toBe(String(round));
      await kill(controller, pid);
      await answer;
      const next = (await started(container))!;
      const { revision } = await statusOf(next);
      const contents = await Promise.all(
        Array.from({ length: FILES }, (_, i) => readFile(container.path(`f${i}`), "utf8")),
      );
      now = Number(revision.slice(1) || 0);
      expect(new Set(contents)).toEqual(new Set([String(now)]));
      await end(next);
    }
  });

  /** Every kind of operation, files that become directories, and the other way round. */
  const SET = async (): Promise<Buffer[]> => [
    operation({ type: "remove", path: "was-directory/x" }),
    operation({ type: "removeDirectory", path: "was-directory" }),
    operation({ type: "remove", path: "was-file" }),
    operation({ type: "makeDirectory", path: "was-file" }),
    await file("was-file/y", "new"),
    await file("was-directory", "new"),
    await file("fresh", "new"),
    await file("changed", "new", 0o600),
    operation({ type: "link", path: "link", target: "changed" }),
    operation({ type: "link", path: "fresh-link", target: "changed" }),
    operation({ type: "chmod", path: "mode", mode: 0o755 }),
    operation({ type: "remove", path: "gone/deep/x" }),
    operation({ type: "removeDirectory", path: "gone/deep" }),
    operation({ type: "removeDirectory", path: "gone" }),
    await file("last", "new"),
  ];

  async function prepare(container: Container): Promise<void> {
    await rm(container.home, { recursive: true, force: true });
    await mkdir(join(container.home, "vcap/tmp"), { recursive: true });
    const files = ["was-directory/x", "was-file", "changed", "mode", "gone/deep/x"];
    for (const path of files) await container.write(path, `old ${path}`);
    await chmod(container.path("mode"), 0o640);
    await symlink("mode", container.path("link"));
  }

  /** What is where, with modes. */
  async function treeOf({ app }: Container): Promise<Record<string, string>> {
    const paths = await readdir(app, { recursive: true });
    const entries = await Promise.all(
      paths.toSorted().map(async (path) => {
        const stat = await lstat(join(app, path));
        if (stat.isDirectory()) return [path, "directory"];
        if (stat.isSymbolicLink()) return [path, await readlink(join(app, path))];
        return [path, `${(stat.mode & 0o777).toString(8)} ${await readFile(join(app, path), "utf8")}`];
      }),
    );
    return Object.fromEntries(entries) as Record<string, string>;
  }

  /** A commit that was killed before this step, if it has as many. */
  async function cutAt(container: Container, step: number): Promise<void> {
    const controller = (await started(container, step))!;
    const { pid } = await statusOf(controller);
    if (!(await commits(controller, "r1", await SET()))) return process.kill(-pid, "SIGKILL") as never;
    await end(controller);
  }

  async function whole(container: Container): Promise<Record<string, string>> {
    await prepare(container);
    await cutAt(container, 1_000);
    return treeOf(container);
  }

  test("before any of its steps, is finished when it comes back", async ({ container }) => {
    const after = await whole(container);
    for (let step = 1; step < 50; step += 3) {
      await prepare(container);
      await cutAt(container, step);
      const next = (await started(container))!;
      expect({ step, tree: await treeOf(container) }).toEqual({ step, tree: after });
      expect((await statusOf(next)).revision).toBe("r1");
      await end(next);
    }
  }, 60_000);

  test("before any of its steps, is undone whole if it cannot be finished, also if that is cut short", async ({
    container,
  }) => {
    for (let step = 1; step < 45; step += 3) {
      await prepare(container);
      await cutAt(container, step);
      const isDone = "last" in (await treeOf(container));
      if (isDone) break;
      await container.write("last/is a", "directory by now");
      const cutAgain = await started(container, 1 + ((step * 7) % 23));
      if (cutAgain) await end(cutAgain);
      const next = (await started(container))!;
      const tree = await treeOf(container);
      await end(next);
      await prepare(container);
      await container.write("last/is a", "directory by now");
      expect({ step, tree }).toEqual({ step, tree: await treeOf(container) });
    }
  }, 60_000);
});
