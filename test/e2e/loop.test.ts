import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { type Marked, markedProcesses } from "../helpers/marked.ts";
import { ours, type Session, test, writeFiles } from "../helpers/tiltish.ts";

interface Resource {
  status?: {
    state?: string;
    pending?: { count: number };
    build?: { error?: string; finishTime?: string };
    serve?: { pid?: number; ready?: boolean };
    conditions?: { type: string; status: string }[];
  };
}
interface Process {
  status?: {
    state?: string;
    run?: number;
    pid?: number;
    ready?: boolean;
    cause?: { type: string; files?: string[] };
  };
}

// Each run notes that it happened; the server notes what it serves.
const BUILD = `
  const fs = require("node:fs");
  fs.appendFileSync("builds.txt", "build\\n");
  const text = fs.readFileSync("src/message.txt", "utf8");
  const end = () => {
    if (text.includes("BROKEN")) { console.error("src/message.txt:1: this is broken"); process.exit(3); }
    fs.writeFileSync("built.txt", text);
  };
  text.includes("SLOW") ? setTimeout(end, 1500) : end();
`;
const SERVE = `
  const fs = require("node:fs");
  fs.appendFileSync("served.txt", fs.readFileSync("built.txt", "utf8").trim() + "\\n");
  console.log("serving");
  setInterval(() => {}, 1000);
`;

const lines = async (session: Session, name: string): Promise<string[]> =>
  (await readFile(path.join(session.root, name), "utf8").catch(() => "")).split("\n").filter(Boolean);

const save = (session: Session, text: string) => writeFile(path.join(session.root, "src/message.txt"), text);

async function startLoop(session: Session): Promise<void> {
  await mkdir(path.join(session.root, "src"));
  await writeFiles(session, { "src/message.txt": "first", "build.cjs": BUILD, "serve.cjs": SERVE });
  const outcome = await session.apply(
    ours("FileWatch", "src", { paths: ["src"] }),
    ours("LocalResource", "app", {
      restartOn: { fileWatches: ["src"] },
      buildTemplate: { argv: ["node", "build.cjs"] },
      serveTemplate: { argv: ["node", "serve.cjs"] },
    }),
  );
  expect(outcome).toMatchObject({ exitCode: 0 });
  await expect.poll(() => lines(session, "served.txt"), { timeout: 20_000 }).toEqual(["first"]);
  await settled(session);
}

/** Waits until the resource is done with everything that it has seen. */
async function settled(session: Session, state = "Serving"): Promise<Resource> {
  const read = async () => (await session.get<Resource>("lr", "app"))?.status;
  await expect.poll(read, { timeout: 20_000 }).toMatchObject({ state });
  return { status: await read() };
}

test("20 saves in a row each give exactly one build and one restart", async ({ session }) => {
  await startLoop(session);
  const saves = Array.from({ length: 20 }, (_, i) => `save-${i}`);
  for (const [i, text] of saves.entries()) {
    await save(session, text);
    await expect.poll(() => lines(session, "served.txt"), { timeout: 10_000 }).toHaveLength(i + 2);
  }
  await settled(session);
  expect(await lines(session, "served.txt")).toEqual(["first", ...saves]);
  expect(await lines(session, "builds.txt")).toHaveLength(21);
  expect(await session.get<Process>("lp", "app-serve")).toMatchObject({
    status: { run: 21, state: "Running", cause: { type: "FileChange", files: ["src/message.txt"] } },
  });
});

test("saves during a build give exactly one more build, with the newest content", async ({ session }) => {
  await startLoop(session);
  await save(session, "SLOW one");
  await expect.poll(() => lines(session, "builds.txt")).toHaveLength(2);
  await save(session, "two");
  await expect.poll(async () => (await session.get<Resource>("lr", "app"))?.status?.pending?.count).toBe(1);
  await save(session, "three");
  await expect.poll(() => lines(session, "served.txt"), { timeout: 15_000 }).toContain("three");
  await settled(session);
  expect(await lines(session, "builds.txt")).toHaveLength(3);
  expect((await lines(session, "served.txt")).at(-1)).toBe("three");
});

test("a failing build leaves the old server serving, and get, describe and why show the error", async ({
  session,
}) => {
  await startLoop(session);
  const before = await session.get<Process>("lp", "app-serve");
  await save(session, "BROKEN");
  await settled(session, "Failed");

  expect((await session.get<Process>("lp", "app-serve"))?.status?.pid).toBe(before?.status?.pid);
  expect((await session.run("get", "lr", "app")).stdout).toMatch(/Failed\s+Running\s+False/);
  for (const command of [
    ["describe", "lr", "app"],
    ["why", "app"],
  ]) {
    expect((await session.run(...command)).stdout).toContain("src/message.txt:1: this is broken");
  }
  expect((await session.run("why", "app")).stdout).toContain("src/message.txt");

  await save(session, "mended");
  await expect.poll(() => lines(session, "served.txt"), { timeout: 10_000 }).toEqual(["first", "mended"]);
  await settled(session);
});

test("G8: after kill -9 of the server nothing of ours is left, and the next start runs everything once", async ({
  session,
}) => {
  await startLoop(session);
  // A child that ignores SIGTERM, and one that left for a session of its own.
  const nasty = "trap '' TERM; setsid sleep 1000 & sleep 1000 & wait";
  await session.apply(
    ours("LocalProcess", "nasty", { argv: ["sh", "-c", nasty], stop: { gracePeriodSeconds: 1 } }),
  );
  await expect.poll(async () => (await session.get<Process>("lp", "nasty"))?.status?.state).toBe("Running");
  expect((await marked(session)).length).toBeGreaterThanOrEqual(3);

  await session.crash();
  await expect.poll(() => marked(session), { timeout: 5_000 }).toEqual([]);

  await session.serve();
  await expect.poll(() => lines(session, "served.txt"), { timeout: 10_000 }).toEqual(["first", "first"]);
  await settled(session);
  await save(session, "after the crash");
  await expect.poll(() => lines(session, "served.txt"), { timeout: 10_000 }).toContain("after the crash");
  await settled(session);
  await expect.poll(() => commandsOf(session, "serve.cjs")).toHaveLength(1);
});

test("a server that is told to stop leaves no process behind", async ({ session }) => {
  await startLoop(session);
  expect((await marked(session)).length).toBeGreaterThan(0);
  await session.stop();
  expect(await marked(session)).toEqual([]);
  await session.serve();
});

const marked = (session: Session): Promise<Marked[]> => markedProcesses(session.stateDirectory);

const commandsOf = async (session: Session, word: string): Promise<string[]> =>
  (await marked(session)).map(({ command }) => command).filter((command) => command.includes(word));

test("a file that is appended to again and again is never lost", async ({ session }) => {
  await startLoop(session);
  for (let i = 0; i < 50; i++) await appendFile(path.join(session.root, "src/message.txt"), ` ${i}`);
  await expect
    .poll(async () => (await lines(session, "served.txt")).at(-1), { timeout: 15_000 })
    .toMatch(/ 49$/);
});
