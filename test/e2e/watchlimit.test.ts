import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BINARY, ours, Session } from "../helpers/session.ts";

const DIRECTORIES = 60;
const LIMIT = 40;

/** In a user namespace of its own, so that nobody else runs out of watches. */
const STINGY = ["-Ur", "sh", "-c", `echo ${LIMIT} > /proc/sys/user/max_inotify_watches && exec "$@"`, "sh"];

const canLimit = spawnSync("unshare", [...STINGY, "true"]).status === 0;
if (!canLimit)
  console.error(
    "!! no user namespaces here: a real limit of inotify watches is NOT tested, only an assumed one",
  );

async function serveWithFewWatches(): Promise<Session> {
  const directory = await mkdtemp(path.join(tmpdir(), "tiltish-limit-"));
  const session = new Session(directory);
  for (let count = 0; count < DIRECTORIES; count++)
    await mkdir(path.join(session.root, `src/d${count}`), { recursive: true });
  const argv = [process.execPath, BINARY, "serve", "--root", session.root];
  const env = { ...process.env, ...session.env };
  const server = spawn("unshare", [...STINGY, ...argv], { env, stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(async () => {
    const exit = once(server, "exit");
    server.kill("SIGTERM");
    await exit;
    await rm(directory, { recursive: true, force: true });
  });
  await once(server.stdout, "data");
  return session;
}

interface Watch {
  status?: {
    conditions?: { type: string; reason: string; message: string }[];
    events?: { files: string[] }[];
  };
}

test.skipIf(!canLimit)(
  "beyond the limit of inotify watches directories are polled, and the condition says which limit it is",
  async () => {
    const session = await serveWithFewWatches();
    await session.apply(ours("FileWatch", "src", { paths: ["src"] }));
    const status = async () => (await session.get<Watch>("fw", "src"))?.status;
    const message = new RegExp(
      `${LIMIT} of ${LIMIT} inotify watches are in use.*sudo sysctl user\\.max_inotify`,
    );
    const told = { reason: "WatchLimited", message: expect.stringMatching(message) as string };
    await expect
      .poll(async () => (await status())?.conditions)
      .toMatchObject([
        { ...told, type: "Ready", status: "True" },
        { ...told, type: "Warning", status: "True" },
      ]);
    for (let count = 0; count < DIRECTORIES; count++)
      await writeFile(path.join(session.root, `src/d${count}/file`), "saved");
    const seen = async () => new Set((await status())?.events?.flatMap(({ files }) => files));
    await expect.poll(async () => (await status())?.events?.length ?? 0).toBeGreaterThan(0);
    await writeFile(path.join(session.root, `src/d${DIRECTORIES - 1}/file`), "saved again");
    await expect.poll(seen).toContain(`src/d${DIRECTORIES - 1}/file`);
  },
);
