import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { RestartPolicy } from "../../../../controllers/cfapp/transports/transport.ts";
import { agentScript } from "../../../../controllers/cfapp/remote/index.ts";
import { ended, type Rig, test } from "./fixture.ts";

const supervised = (readiness?: { port?: number; path?: string; timeoutSeconds: number }): RestartPolicy => ({
  mode: "Supervisor",
  signal: "TERM",
  graceSeconds: 1,
  ...(readiness && { readiness }),
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** Has the files synced, and the app restarted. */
async function syncOf(rig: Rig, files: Record<string, string>, restart: RestartPolicy) {
  await rig.write(files);
  const { session } = await rig.connect();
  const outcome = await session.sync(await rig.setFor(await session.list(), { restart }));
  return { session, outcome };
}

const server = (word: string, port: number) =>
  `require("http").createServer((_, r) => r.end("${word}")).listen(${port}, "127.0.0.1"); console.log("up ${word}")`;
const answerAt = async (port: number) => (await fetch(`http://127.0.0.1:${port}`)).text();

/** An app that counts how often it was started. */
async function counted(rig: Rig): Promise<() => Promise<number>> {
  rig.supervise("sh", "-c", "echo run >> runs; exec sleep 1000");
  const runs = async () =>
    (await readFile(join(rig.app, "runs"), "utf8").catch(() => "")).split("\n").length - 1;
  await expect.poll(runs).toBe(1);
  return runs;
}

async function tell(rig: Rig, words: string): Promise<Socket> {
  const socket = connect(rig.socket).on("error", () => undefined);
  await once(socket, "connect");
  socket.write(words);
  return socket.resume();
}

describe("a supervised app", () => {
  test("is restarted with each sync, and the answer comes when it answers", async ({ rig }) => {
    const port = await freePort();
    const readiness = { port, path: "/", timeoutSeconds: 20 };
    rig.supervise("sh", "-c", "while [ ! -e app.js ]; do sleep 0.05; done; exec node app.js");
    await expect.poll(() => existsSync(rig.socket)).toBe(true);
    const { session, outcome } = await syncOf(rig, { "app.js": server("one", port) }, supervised(readiness));
    expect(outcome).toMatchObject({ result: "ready", pid: expect.any(Number) as number });
    expect(await answerAt(port)).toBe("one");
    await rig.write({ "app.js": server("two", port) });
    const next = await session.sync(
      await rig.setFor(await session.list(), { restart: supervised(readiness) }),
    );
    expect(next).toMatchObject({ result: "ready" });
    expect(await answerAt(port)).toBe("two");
    expect(isAlive((outcome as { pid: number }).pid)).toBe(false);
  });

  test("CF-25: that crashes on its start is told of with its exit code and last lines, and comes back", async ({
    rig,
  }) => {
    const port = await freePort();
    const supervisor = rig.supervise("sh", "-c", "exec node app.js");
    await expect.poll(() => existsSync(rig.socket)).toBe(true);
    const readiness = { port, timeoutSeconds: 20 };
    const broken = { "app.js": 'console.log("so far"); throw new Error("bad luck")' };
    const { session, outcome } = await syncOf(rig, broken, supervised(readiness));
    expect(outcome).toMatchObject({ result: "crashed", exit: "1" });
    expect((outcome as { output: string }).output).toContain("bad luck");
    expect(supervisor.exitCode).toBeNull();
    await rig.write({ "app.js": server("mended", port) });
    const next = await session.sync(
      await rig.setFor(await session.list(), { restart: supervised(readiness) }),
    );
    expect(next).toMatchObject({ result: "ready" });
    expect(await answerAt(port)).toBe("mended");
  });

  test("CF-26: that ignores the signal is ended with all that it has started", async ({ rig }) => {
    const stubborn = `trap '' TERM; sh -c "trap '' TERM; echo \\$\\$ > child; while :; do sleep 0.1; done" & echo $$ > parent; wait`;
    rig.supervise("sh", "-c", stubborn);
    const pidIn = async (name: string) =>
      Number(await readFile(join(rig.app, name), "utf8").catch(() => "0"));
    await expect.poll(() => pidIn("child")).toBeGreaterThan(0);
    const before = [await pidIn("parent"), await pidIn("child")];
    const { outcome } = await syncOf(rig, { x: "1" }, supervised());
    expect(outcome).toMatchObject({ result: "ready" });
    expect(before.map(isAlive)).toEqual([false, false]);
  });

  test("leaves no note of a restart behind once it was restarted", async ({ rig }) => {
    const runs = await counted(rig);
    await syncOf(rig, { x: "1" }, supervised());
    expect(await runs()).toBe(2);
    const left = await readdir(join(rig.home, "vcap/tmp/.tiltish"));
    expect(left.filter((name) => name.startsWith("restart"))).toEqual([]);
  });

  test("is restarted while others have told its supervisor half of a line", async ({ rig }) => {
    const runs = await counted(rig);
    const others: Socket[] = [];
    // More than it listens to at once: the first ones are given up.
    for (let i = 0; i < 20; i++) {
      others.push(await tell(rig, "STAT"));
      const asking = await tell(rig, "STATUS\n");
      await once(asking, "data");
    }
    const { outcome } = await syncOf(rig, { x: "1" }, supervised());
    expect(outcome).toMatchObject({ result: "ready" });
    others.at(-1)!.write("US\n");
    const [answer] = (await once(others.at(-1)!, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^\d+ SIG15 .*\n\d+\n$/);
    expect(others[0]!.closed).toBe(true);
    expect(await runs()).toBe(2);
    for (const other of others) other.destroy();
  });

  test("is restarted by TERM if there is no signal of the name that was asked for", async ({ rig }) => {
    const runs = await counted(rig);
    const { outcome } = await syncOf(rig, { x: "1" }, { ...supervised(), signal: "TREM" } as RestartPolicy);
    expect(outcome).toMatchObject({ result: "ready" });
    expect(await runs()).toBe(2);
    expect(rig.others[0]!.exitCode).toBeNull();
  });

  test("that does not answer in time is told of, and runs on", async ({ rig }) => {
    rig.supervise("sh", "-c", "echo waiting for nobody; exec sleep 1000");
    await expect.poll(() => existsSync(rig.socket)).toBe(true);
    const port = await freePort();
    const { outcome } = await syncOf(rig, { x: "1" }, supervised({ port, timeoutSeconds: 1 }));
    expect(outcome).toMatchObject({
      result: "notready",
      output: expect.stringContaining("waiting") as string,
    });
    expect(isAlive((outcome as { pid: number }).pid)).toBe(true);
  });

  test("a set that is overtaken by another one before it is ready says so", async ({ rig }) => {
    rig.supervise("sh", "-c", "exec sleep 1000");
    await expect.poll(() => existsSync(rig.socket)).toBe(true);
    const restart = supervised({ port: await freePort(), timeoutSeconds: 60 });
    await rig.write({ x: "1" });
    const { session } = await rig.connect();
    const first = session.sync(await rig.setFor(await session.list(), { restart }));
    await expect.poll(async () => (await rig.remote()).size).toBe(1);
    await rig.write({ x: "2" });
    const second = await rig.setFor(await session.list(), { restart: supervised() });
    expect(await session.sync(second)).toMatchObject({ result: "ready" });
    expect(await first).toMatchObject({ result: "superseded", by: second.revision });
  });

  test("CF-19: is restarted once for a set that is committed again because its answer was lost", async ({
    rig,
  }) => {
    const runs = await counted(rig);
    const { session, outcome } = await syncOf(rig, { x: "1" }, supervised());
    expect(outcome).toMatchObject({ result: "ready" });
    expect(await runs()).toBe(2);
    session.close();
    const next = await rig.connect();
    const set = await rig.setFor(await next.session.list(), { restart: supervised(), revision: "1" });
    expect(next.greeting.revision).toBe("1");
    expect(await next.session.sync(set)).toEqual(
      expect.objectContaining({ ...outcome, bytesSent: expect.any(Number), durationsMs: expect.any(Object) }),
    );
    expect(await (await next.session.stage(set)).commit()).toMatchObject({ result: "ready" });
    expect(await runs()).toBe(2);
  });

  test("CF-19: is restarted by the agent that finishes what another one has begun", async ({ rig }) => {
    const runs = await counted(rig);
    const many = Object.fromEntries(
      Array.from({ length: 2000 }, (_, i) => [`dir${i % 20}/file${i}`, `${i}`]),
    );
    await rig.write(many);
    const { session, agent } = await rig.connect();
    const set = await rig.setFor(await session.list(), { restart: supervised() });
    const committed = session.sync(set).catch((error: Error) => error);
    // From here on, the set is to be finished.
    while (!existsSync(join(rig.home, "vcap/tmp/.tiltish/journal"))) await new Promise(setImmediate);
    agent.kill("SIGKILL");
    expect(await committed).toMatchObject({ name: "ConnectionLostError" });
    expect(await runs()).toBe(1);
    const next = await rig.connect();
    expect(next.greeting.revision).toBe(set.revision);
    expect([...(await rig.remote()).keys()]).toHaveLength(2000 + 20 + 1);
    await expect.poll(runs).toBe(2);
    expect(await next.session.sync(set)).toMatchObject({ result: "ready" });
    expect(await runs()).toBe(2);
  });

  test("that exits by itself is started again, while its container lives on", async ({ rig }) => {
    rig.supervise("sh", "-c", "echo run >> runs; exit 3");
    const runs = async () =>
      (await readFile(join(rig.app, "runs"), "utf8").catch(() => "")).split("\n").length;
    await expect.poll(runs).toBeGreaterThan(3);
    expect(rig.others[0]!.exitCode).toBeNull();
  });

  test("is told to end when its container is, and what it prints goes where it went", async ({ rig }) => {
    const supervisor = rig.supervise(
      "sh",
      "-c",
      "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done",
    );
    let output = "";
    supervisor.stdout!.on("data", (bytes: Buffer) => (output += bytes.toString()));
    await expect.poll(() => output).toBe("up\n");
    supervisor.kill("SIGTERM");
    await ended(supervisor);
    expect(supervisor.exitCode).toBe(7);
    expect(output).toMatch(/^up\n(Terminated\n)?bye\n$/); // some shells tell of what they were waiting for
  });
});

test("an app without a supervisor is synced, and not restarted", async ({ rig }) => {
  const { outcome } = await syncOf(rig, { x: "1" }, supervised());
  expect(outcome).toMatchObject({ result: "unsupervised" });
  expect((await rig.remote()).size).toBe(1);
});

test("a command may restart the app, and says how that went", async ({ rig }) => {
  const command = (...words: string[]): RestartPolicy => ({ mode: "Command", command: words });
  const { session, outcome } = await syncOf(rig, { x: "1" }, command("sh", "-c", "echo 'it is' > y"));
  expect(outcome).toMatchObject({ result: "ok" });
  await rig.write({ x: "2" });
  const failing = command("sh", "-c", "echo 'no luck' >&2; exit 4");
  const next = await session.sync(await rig.setFor(await session.list(), { restart: failing }));
  expect(next).toMatchObject({ result: "crashed", exit: "4", output: "no luck\n" });
});

test("a command that leaves something running is not waited for once it has ended itself", async ({
  rig,
}) => {
  const script =
    "echo begun; sh -c 'echo $$ > left; exec sleep 1000' & while [ ! -s left ]; do sleep 0.01; done";
  const command = ["sh", "-c", `cd '${rig.home}'; ${script}; exit 3`];
  const { outcome } = await syncOf(rig, { x: "1" }, { mode: "Command", command });
  expect(outcome).toMatchObject({ result: "crashed", exit: "3", output: "begun\n" });
  const left = Number(await readFile(join(rig.home, "left"), "utf8"));
  expect(isAlive(left)).toBe(true);
  process.kill(left);
});

test("a command that does not end in its time is ended, and what it printed is told", async ({ rig }) => {
  const script = agentScript().replace("$COMMAND_SECONDS = 120", "$COMMAND_SECONDS = 0.3");
  await rig.write({ x: "1" });
  const { session } = await rig.connect(undefined, script);
  const restart: RestartPolicy = {
    mode: "Command",
    command: ["sh", "-c", "trap '' TERM; echo here; sleep 1000"],
  };
  const outcome = await session.sync(await rig.setFor(await session.list(), { restart }));
  expect(outcome).toMatchObject({ result: "crashed", exit: "SIG9" });
  expect((outcome as { output: string }).output).toMatch(/^here\n(.*\n)*it did not end within/);
});
