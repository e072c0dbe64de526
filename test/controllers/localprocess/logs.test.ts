import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect } from "vitest";
import { logDirectoryIn } from "../../../controllers/runtime/index.ts";
import { LogChanges } from "../../../controllers/runtime/logs/hub.ts";
import { LineEncoder } from "../../../controllers/runtime/logs/cri.ts";
import { LogWriter } from "../../../controllers/runtime/logs/writer.ts";
import { logDirectoryOf } from "../../../controllers/runtime/logs/index.ts";
import { PassThrough } from "node:stream";
import { sh, test, type Engine } from "./engine.ts";

const filesOf = (engine: Engine): string[] => {
  const directory = logDirectoryOf(logDirectoryIn(engine.directory), engine.owner());
  return readdirSync(directory).map((name) => join(directory, name));
};

/** Collects what a follower gets. */
function follow(engine: Engine, options: object = {}) {
  const end = new AbortController();
  const seen = { text: "", ended: false, end: () => end.abort() };
  const read = async () => {
    for await (const chunk of engine.open({ follow: true, ...options }, "web", end.signal))
      seen.text += chunk.toString();
    seen.ended = true;
  };
  void read();
  return seen;
}

const finished = async (engine: Engine, script: string) => {
  const run = engine.process().observation.run + 1;
  engine.run({ argv: sh(script) });
  await expect.poll(() => engine.process().observation).toMatchObject({ state: "Succeeded", run });
};

describe("a log", () => {
  test("is kept in the format of Kubernetes, a file per run", async ({ engine }) => {
    await finished(engine, "echo one; printf two");
    await finished(engine, "echo three");
    const [first, second] = filesOf(engine).toSorted();
    expect(first).toMatch(/\/logs\/default\/web_uid-web\/1\.log$/);
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z`;
    expect(readFileSync(first!, "utf8")).toMatch(
      new RegExp(`^${time} stdout F one\n${time} stdout P two\n$`),
    );
    expect(readFileSync(second!, "utf8")).toMatch(new RegExp(`^${time} stdout F three\n$`));
    expect(statSync(first!).mode & 0o077).toBe(0);
  });

  test("shows the newest run, the one before, or any that is asked for", async ({ engine }) => {
    for (const word of ["one", "two", "three"]) await finished(engine, `echo ${word}`);
    expect(await engine.log()).toBe("three\n");
    expect(await engine.log({ previous: true })).toBe("two\n");
    expect(await engine.log({ run: 1 })).toBe("one\n");
    expect(await engine.log({ run: 9 })).toBe("");
  });

  test("of a run that is silent so far is empty, whatever the run before said", async ({ engine }) => {
    await finished(engine, "echo one");
    engine.run({ argv: ["sleep", "60"] });
    await expect.poll(() => engine.log()).toBe("");
    expect(await engine.log({ previous: true })).toBe("one\n");
  });

  test("gives its last lines, the lines since a time, times, and no more bytes than asked for", async ({
    engine,
  }) => {
    await finished(engine, "seq 1 50000");
    expect(await engine.log({ tailLines: 3 })).toBe("49998\n49999\n50000\n");
    expect(await engine.log({ tailLines: 0 })).toBe("");
    expect((await engine.log({ tailLines: 30_000 })).slice(0, 6)).toBe("20001\n");
    expect((await engine.log({ tailLines: 90_000 })).slice(0, 4)).toBe("1\n2\n");
    expect(await engine.log({ limitBytes: 5 })).toBe("1\n2\n3");
    expect(await engine.log({ sinceSeconds: 60, tailLines: 1 })).toBe("50000\n");
    expect(await engine.log({ sinceTime: "2999-01-01T00:00:00Z" })).toBe("");
    expect(await engine.log({ tailLines: 1, timestamps: true })).toMatch(/^\d{4}-\S+Z 50000\n$/);
  });

  test("keeps every byte, long lines and what is no text included", async ({ engine }) => {
    await finished(
      engine,
      String.raw`head -c 100000 /dev/zero | tr '\0' x; echo; printf 'a\377\001b\r\n\n\nend'`,
    );
    const bytes = Buffer.from(`${"x".repeat(100_000)}\na\u00ff\u0001b\r\n\n\nend`, "latin1");
    const chunks: Buffer[] = [];
    for await (const chunk of engine.open()) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  test("shows a prompt that has no newline yet", async ({ engine }) => {
    engine.run({ argv: sh("printf 'name? '; sleep 60") });
    await expect.poll(() => engine.log()).toBe("name? ");
  });

  test("has a directory even for the longest name that an object can have", () => {
    const owner = { namespace: "default", name: "n".repeat(253), uid: randomUUID() };
    expect(basename(logDirectoryOf("/logs", owner)).length).toBeLessThan(256);
  });

  test("keeps the last ten runs", async ({ engine }) => {
    for (let run = 1; run <= 12; run++) await finished(engine, `echo ${run}`);
    await expect.poll(() => filesOf(engine).length).toBe(10);
    expect(await engine.log({ run: 3 })).toBe("3\n");
    expect(await engine.log({ run: 2 })).toBe("");
  });

  test("goes on in a new file when one is full, and the oldest files go", async ({ engine }) => {
    const directory = join(engine.directory, "small");
    const limits = { fileBytes: 10_000, files: 3, runs: 10 };
    const writer = new LogWriter({ directory, run: 1, limits });
    const stream = new PassThrough();
    writer.attach(stream, "stdout");
    const changes = new LogChanges(directory);
    for (let i = 0; i < 200; i++) {
      stream.write(`line ${i} ${"x".repeat(200)}\n`);
      await changes.next(AbortSignal.timeout(1000));
    }
    changes.close();
    stream.end();
    await writer.close();
    const files = readdirSync(directory);
    expect(files.length).toBe(3);
    expect(Math.max(...files.map((file) => statSync(join(directory, file)).size))).toBeLessThanOrEqual(
      10_000,
    );
    expect(files).not.toContain("1.log");
  });
});

describe("following a log", () => {
  test("gives what is there and then every line, over restarts, until it is ended", async ({ engine }) => {
    engine.run({ argv: sh("echo one; sleep 0.1; echo two; sleep 60") });
    await expect.poll(() => engine.log()).toContain("one");
    const seen = follow(engine);
    await expect.poll(() => seen.text).toBe("one\ntwo\n");
    engine.run({ argv: sh("echo three; sleep 60") });
    await expect.poll(() => seen.text).toMatch(/^one\ntwo\n(Terminated\n)?three\n$/);
    seen.end();
    await expect.poll(() => seen.ended).toBe(true);
  });

  test("ends when the log is deleted with its object", async ({ engine }) => {
    engine.run({ argv: sh("echo one; sleep 60") });
    const seen = follow(engine);
    await expect.poll(() => seen.text).toBe("one\n");
    await engine.supervisor.remove(engine.owner());
    await expect.poll(() => seen.ended).toBe(true);
  });

  test("may begin before there is anything", async ({ engine }) => {
    const seen = follow(engine, { tailLines: 10 });
    engine.run({ argv: sh("echo one; sleep 60") });
    await expect.poll(() => seen.text).toBe("one\n");
    seen.end();
  });

  test("misses nothing while files are filled and left", async ({ engine }) => {
    engine.run({ argv: sh("seq 1 400000; sleep 60") });
    const seen = follow(engine);
    await expect.poll(() => seen.text.endsWith("\n400000\n"), { timeout: 15_000 }).toBe(true);
    expect(seen.text.length).toBe(Array.from({ length: 400_000 }, (_, i) => `${i + 1}\n`).join("").length);
    seen.end();
  });
});

/** Time that this process has worked: unlike the clock's it does not go on while others have the processor. */
const busyMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

describe("a process that floods its output", () => {
  test(
    "fills no memory and no more than its share of the disk, and leaves the server responsive",
    { timeout: 60_000 },
    async ({ engine }) => {
      const before = process.memoryUsage().rss;
      let [peak, block, last] = [0, 0, busyMs()];
      const timer = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss);
        block = Math.max(block, busyMs() - last);
        last = busyMs();
      }, 10);
      const line = "x".repeat(99);
      engine.run({ argv: sh(`yes ${line} | head -c 100000000; yes | head -c 2000000; echo done`) });
      await expect.poll(() => engine.process().observation.state, { timeout: 50_000 }).toBe("Succeeded");
      clearInterval(timer);
      expect(await engine.log({ tailLines: 1 })).toBe("done\n");
      expect(peak - before).toBeLessThan(150 * 1024 * 1024);
      expect(block).toBeLessThan(250);
      const bytes = filesOf(engine).reduce((sum, file) => sum + statSync(file).size, 0);
      expect(bytes).toBeLessThanOrEqual(50 * 1024 * 1024);
      expect(bytes).toBeGreaterThan(30 * 1024 * 1024);
    },
  );
});

describe("a line encoder", () => {
  test("gives the same text however its input is cut", () => {
    const input = Buffer.from("a\nbb\n\nccc\ndddd");
    for (let cut = 0; cut <= input.length; cut++) {
      const encoder = new LineEncoder("stdout");
      const parts = [
        encoder.push(input.subarray(0, cut), 0),
        encoder.push(input.subarray(cut), 0),
        encoder.flush(0),
      ];
      const prefix = "1970-01-01T00:00:00.000000000Z stdout";
      expect(Buffer.concat(parts).toString()).toBe(
        `${prefix} F a\n${prefix} F bb\n${prefix} F \n${prefix} F ccc\n${prefix} P dddd\n`,
      );
    }
  });
});
