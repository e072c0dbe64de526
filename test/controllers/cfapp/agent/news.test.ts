import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect } from "vitest";
import type { AppNews, Link, RestartPolicy } from "../../../../controllers/cfapp/transports/transport.ts";
import { agentScript } from "../../../../controllers/cfapp/remote/index.ts";
import { type Rig, test } from "./fixture.ts";

const WAIT = { timeout: 20_000, interval: 25 };

const RESTART: RestartPolicy = { mode: "Supervisor", signal: "TERM", graceSeconds: 1 };

/** What a link tells, as it tells it. */
function newsFrom(link: Link): AppNews[] {
  const all: AppNews[] = [];
  link.watchApp!((news) => void all.push(news));
  return all;
}

const pidOf = (news: AppNews | undefined): number | undefined => (news?.isSupervised ? news.pid : undefined);

/** An app that runs until it is told how to end, by a file. */
const OBEDIENT = "until [ -e end ]; do sleep 0.02; done; . ./end";

async function told(rig: Rig, how: string): Promise<void> {
  await writeFile(join(rig.app, "end"), `rm end; ${how}`);
}

/** Who answers as a supervisor does, and counts how often it is asked. */
async function supervisorThat(rig: Rig, answers: (count: number) => string | undefined) {
  const counter = { asked: 0 };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    const answer = answers(++counter.asked);
    if (answer !== undefined) socket.end(answer);
  });
  server.listen(rig.socket);
  await once(server, "listening");
  return { counter, server };
}

describe("without being asked, an agent tells", () => {
  test("which process the app is, with which exit code it has ended, and that it runs again", async ({
    rig,
  }) => {
    rig.supervise("sh", "-c", OBEDIENT);
    const { session } = await rig.connect();
    const news = newsFrom(session);
    await expect.poll(() => pidOf(news.at(-1)), WAIT).toBeGreaterThan(0);
    const first = pidOf(news.at(-1));
    await told(rig, "echo no luck today; exit 7");
    await expect.poll(() => news.length, WAIT).toBeGreaterThan(1);
    expect(news[1]).toMatchObject({ isSupervised: true, exit: "7" });
    if (pidOf(news[1]) === undefined) expect(news[1]).toMatchObject({ output: "no luck today\n" });
    await expect.poll(() => pidOf(news.at(-1)), WAIT).toBeGreaterThan(first!);
  });

  test("by which signal it was killed", async ({ rig }) => {
    rig.supervise("sh", "-c", OBEDIENT);
    const { session } = await rig.connect();
    const news = newsFrom(session);
    await expect.poll(() => pidOf(news.at(-1)), WAIT).toBeGreaterThan(0);
    await told(rig, "kill -9 $$");
    await expect.poll(() => news[1], WAIT).toMatchObject({ exit: "SIG9" });
  });

  test("nothing more while nothing changes, however often it has looked", async ({ rig }) => {
    const { counter } = await supervisorThat(rig, () => "41 - all%0afine\n");
    const counted = { bytes: 0 };
    const { session } = await rig.connect((channel) => {
      channel.on("data", (bytes: Buffer) => (counted.bytes += bytes.length));
      return channel;
    });
    const news = newsFrom(session);
    await expect.poll(() => news, WAIT).toEqual([{ isSupervised: true, pid: 41, exit: "", output: "" }]);
    const { bytes } = counted;
    await expect.poll(() => counter.asked, WAIT).toBeGreaterThan(3);
    expect(counted.bytes).toBe(bytes);
    expect(news).toHaveLength(1);
  });

  test("that nobody knows where there is no supervisor", async ({ rig }) => {
    const { session } = await rig.connect();
    const news = newsFrom(session);
    await expect.poll(() => news, WAIT).toEqual([{ isSupervised: false }]);
    rig.supervise("sh", "-c", "exec sleep 1000");
    await expect.poll(() => pidOf(news.at(-1)), WAIT).toBeGreaterThan(0);
  });

  test("that the app has printed, once each time that somebody wants to hear of it", async ({ rig }) => {
    rig.supervise("sh", "-c", "until [ -e end ]; do sleep 0.02; done; rm end; echo one; exec sleep 1000");
    const { session } = await rig.connect();
    const all: boolean[] = [];
    const listen = () => session.untilPrinted((isTold) => void all.push(isTold));
    const news = newsFrom(session);
    listen();
    await expect.poll(() => pidOf(news.at(-1)), WAIT).toBeGreaterThan(0);
    await told(rig, "");
    await expect.poll(() => all, WAIT).toEqual([true]);
    listen();
    await session.ping();
    expect(all).toEqual([true]);
    await session.sync(await rig.setFor(await session.list(), { restart: RESTART }));
    await told(rig, "");
    await expect.poll(() => all, WAIT).toEqual([true, true]);
  });

  test("that nobody knows whether the app has printed, where there is no supervisor", async ({ rig }) => {
    const { session } = await rig.connect();
    const all: boolean[] = [];
    session.untilPrinted((isTold) => void all.push(isTold));
    await expect.poll(() => all, WAIT).toEqual([false]);
  });

  test("that nobody knows it where the supervisor is one of former days", async ({ rig }) => {
    await supervisorThat(rig, () => "41 - all%0afine\n");
    const { session } = await rig.connect();
    const all: boolean[] = [];
    session.untilPrinted((isTold) => void all.push(isTold));
    await expect.poll(() => all, WAIT).toEqual([false]);
  });

  test("in the middle of a set, which arrives as it would otherwise", async ({ rig }) => {
    rig.supervise("sh", "-c", OBEDIENT);
    const { session } = await rig.connect();
    const news = newsFrom(session);
    await expect.poll(() => pidOf(news.at(-1)), WAIT).toBeGreaterThan(0);
    await rig.write({ "large.bin": Buffer.alloc(300_000, 7) });
    const gate = new PassThrough();
    const set = await rig.setFor(await session.list(), { read: () => gate, restart: RESTART });
    const outcome = session.sync(set);
    gate.write(Buffer.alloc(200_000, 7));
    await told(rig, "exit 5");
    await expect.poll(() => news.length, WAIT).toBeGreaterThan(1);
    expect(news[1]).toMatchObject({ exit: "5" });
    gate.end(Buffer.alloc(100_000, 7));
    expect(await outcome).toMatchObject({ result: "ready" });
    expect((await rig.remote()).get("large.bin")).toMatchObject({ size: 300_000 });
  });

  test("nothing of a restart that it was asked for, beyond its answer", async ({ rig }) => {
    // The process changes with each restart, as that of a real one does.
    let pid = 10;
    const looks = { asked: 0 };
    const server = createServer((socket) => {
      socket
        .on("error", () => undefined)
        .on("data", (line: Buffer) => {
          const isRestart = line.toString().startsWith("RESTART");
          if (!isRestart) looks.asked++;
          socket.end(isRestart ? `OK ${++pid}\n` : `${pid} SIG15 up\n`);
        });
    });
    server.listen(rig.socket);
    const { session } = await rig.connect();
    const news = newsFrom(session);
    await expect.poll(() => pidOf(news.at(-1)), WAIT).toBe(10);
    for (const text of ["1", "2"]) {
      await rig.write({ x: text });
      const outcome = await session.sync(await rig.setFor(await session.list(), { restart: RESTART }));
      expect(outcome).toMatchObject({ result: "ready", pid });
      const { asked } = looks;
      await expect.poll(() => looks.asked, WAIT).toBeGreaterThan(asked + 1);
    }
    expect(news).toHaveLength(1);
    server.close();
  });
});

test("a supervisor that is stuck keeps its agent from nothing", async ({ rig }) => {
  const { counter } = await supervisorThat(rig, () => undefined);
  const { session } = await rig.connect();
  const news = newsFrom(session);
  await expect.poll(() => counter.asked, WAIT).toBe(1);
  await rig.write({ x: "1" });
  expect(await session.sync(await rig.setFor(await session.list()))).toMatchObject({ result: "ok" });
  await session.ping();
  expect(news).toEqual([]);
});

test("an agent that tells nothing by itself syncs as it always did", async ({ rig }) => {
  rig.supervise("sh", "-c", "exec sleep 1000");
  await expect.poll(() => existsSync(rig.socket)).toBe(true);
  const script = agentScript().replace("sub look_at_app {", "sub look_at_app { return;");
  const { session } = await rig.connect(undefined, script);
  const news = newsFrom(session);
  await rig.write({ x: "1" });
  const outcome = await session.sync(await rig.setFor(await session.list(), { restart: RESTART }));
  expect(outcome).toMatchObject({ result: "ready" });
  expect(news).toEqual([]);
});
