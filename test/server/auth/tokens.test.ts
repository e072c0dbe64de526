import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { asyncProperty, assert, integer, stringMatching } from "fast-check";
import { describe, expect } from "vitest";
import { TokenDirectory } from "../../../server/auth/index.ts";
import { CONFIG_MAPS, localProcess, PROCESSES, test, TestServer, type Asked } from "../http/harness.ts";

const withToken = (secret: string): Asked => ({ headers: { authorization: `Bearer ${secret}` } });

const make = (server: TestServer, name: string, more: object = {}) =>
  server.tokens.create({ name, secrets: false, ...more }).secret;

const statusOf = async (server: TestServer, secret: string, path = CONFIG_MAPS): Promise<number> =>
  (await server.ask(path, withToken(secret))).status;

const watchAs = (server: TestServer, secret: string) =>
  server.watch(`${CONFIG_MAPS}?watch=1`, withToken(secret).headers as Record<string, string>);

interface Warning {
  fields: { file?: string; problem?: string };
  message: string;
}

/** A server whose log can be read. */
async function startLogged(options: Parameters<typeof TestServer.start>[0] = {}) {
  const warnings: Warning[] = [];
  const log = {
    info: () => undefined,
    error: () => undefined,
    warn: (fields: object, message: string) => void warnings.push({ fields, message }),
  };
  return { warnings, server: await TestServer.start({ log, ...options }) };
}

describe("a token", () => {
  test("is good from the request after it was made until the one after it was deleted", async ({
    server,
  }) => {
    for (let round = 0; round < 20; round++) {
      const secret = make(server, "ci");
      expect(await statusOf(server, secret)).toBe(200);
      server.tokens.delete("ci");
      expect(await statusOf(server, secret)).toBe(401);
    }
  });

  test("is good until it expires", async ({ server }) => {
    const [long, short] = [make(server, "long", { ttlMs: 3_600_000 }), make(server, "short", { ttlMs: 500 })];
    expect(await statusOf(server, long)).toBe(200);
    await expect.poll(() => statusOf(server, short)).toBe(401);
    expect(await statusOf(server, long)).toBe(200);
  });

  test("is not that of an earlier one of its name", async ({ server }) => {
    const earlier = make(server, "ci");
    server.tokens.delete("ci");
    const later = make(server, "ci", { namespace: "other" });
    expect(await statusOf(server, earlier)).toBe(401);
    expect(await statusOf(server, later)).toBe(403);
  });

  test("with one character changed, missing or more, is nobody's", async ({ server }) => {
    const secrets = [server.token, make(server, "ci")];
    const changed = asyncProperty(
      integer({ min: 0, max: 45 }),
      stringMatching(/^[\w.-]{0,2}$/),
      async (at, put) => {
        for (const secret of secrets) {
          const other = secret.slice(0, at) + put + secret.slice(at + 1);
          if (!secrets.includes(other)) expect(await statusOf(server, other)).toBe(401);
        }
      },
    );
    await assert(changed, { numRuns: 100 });
    for (const secret of secrets) expect(await statusOf(server, secret)).toBe(200);
  });

  test("cannot be had by the digest that its file shows", async ({ server }) => {
    make(server, "ci");
    const { sha256 } = JSON.parse(readFileSync(join(server.tokens.path, "ci.json"), "utf8")) as {
      sha256: string;
    };
    const base64url = Buffer.from(sha256, "hex").toString("base64url");
    for (const guess of [sha256, `ci.${sha256}`, `ci.${base64url}`, "ci.", "ci"]) {
      expect(await statusOf(server, guess)).toBe(401);
    }
  });

  test("is no way out of the directory of tokens", async ({ server }) => {
    const secret = make(server, "ci");
    for (const name of ["../tokens/ci", "./ci", "ci.json", "CI", "ci\u0000", "%63i", ""]) {
      const authorization = `Bearer ${name}.${secret.split(".")[1]}`;
      const refused = await server.ask("/api", { headers: { authorization } }).catch(() => ({ status: 401 }));
      expect([name, refused.status]).toEqual([name, 401]);
    }
  });
});

describe("the full token", () => {
  test("never has the disk looked at, and a scoped one only has its own file", async () => {
    class Counting extends TokenDirectory {
      readonly looks: string[] = [];
      override find(name: string) {
        this.looks.push(name);
        return super.find(name);
      }
    }
    const tokens = new Counting("/nonexistent");
    const server = await TestServer.start({ tokens });
    for (let round = 0; round < 5; round++) await server.ask(CONFIG_MAPS);
    expect(tokens.looks).toEqual([]);
    await server.ask(CONFIG_MAPS, withToken("x".repeat(43)));
    expect(tokens.looks).toEqual([]);
    await server.ask(CONFIG_MAPS, withToken(`ci.${"x".repeat(43)}`));
    expect(tokens.looks).toEqual(["ci"]);
    await server.stop();
  });

  test("works, and nobody else gets in, whatever lies where tokens should be", async () => {
    const { server, warnings } = await startLogged();
    const secret = make(server, "ci");
    const file = join(server.tokens.path, "ci.json");
    const good = readFileSync(file, "utf8");
    const put = (text: string) => () => writeFileSync(file, text);
    const change = (more: object) => put(JSON.stringify({ ...(JSON.parse(good) as object), ...more }));
    const damages: [problem: string, damage: () => void][] = [
      ["it holds no JSON", put("")],
      ["it holds no JSON", put(good.slice(0, -20))],
      ["it holds no JSON object", put("[]")],
      ["it holds no JSON object", put("null")],
      ["the field uid is missing or wrong", put('{"name":"ci"}')],
      ["the field access is missing or wrong", change({ access: "all" })],
      ["the field sha256 is missing or wrong", change({ sha256: "" })],
      ["the field namespace is missing or wrong", change({ namespace: "" })],
      ["the field secrets is missing or wrong", change({ secrets: "false" })],
      ["the field expiresAt is missing or wrong", change({ expiresAt: "tomorrow" })],
      ['the field "onlyOnMondays" is not known', change({ onlyOnMondays: true })],
      ['it says that its name is "di"', change({ name: "di" })],
      ["it is larger than 4096 bytes", put(" ".repeat(5000) + good)],
      ["EISDIR", () => mkdirSync(file)],
      ["ELOOP", () => symlinkSync("/dev/zero", file)],
      ["it holds no JSON", () => execFileSync("mkfifo", [file])],
    ];
    for (const [problem, damage] of damages) {
      rmSync(file, { recursive: true, force: true });
      damage();
      warnings.length = 0;
      expect([problem, await statusOf(server, secret)]).toEqual([problem, 401]);
      expect([problem, await statusOf(server, server.token)]).toEqual([problem, 200]);
      await statusOf(server, secret);
      expect(warnings.filter(({ fields }) => fields.file === file).length).toBeLessThanOrEqual(1);
      expect(server.tokens.list()).toEqual([
        { name: "ci", file, problem: expect.stringContaining(problem) as string },
      ]);
    }
    rmSync(file, { force: true });
    writeFileSync(file, good);
    expect(await statusOf(server, secret)).toBe(200);
    await server.stop();
  });

  test("works although the directory of tokens is a file", async ({ server }) => {
    writeFileSync(server.tokens.path, "");
    expect(await statusOf(server, server.token)).toBe(200);
    expect(await statusOf(server, `ci.${"x".repeat(43)}`)).toBe(401);
  });
});

describe("the log", () => {
  test("tells of damaged files when the server starts, and once when one is used", async () => {
    const { server, warnings } = await startLogged();
    make(server, "ci");
    const file = join(server.tokens.path, "ci.json");
    writeFileSync(file, "{");
    const told = {
      fields: { file, problem: "it holds no JSON" },
      message: "the file of a token is damaged; its token is refused",
    };
    for (let round = 0; round < 3; round++) await statusOf(server, `ci.${"x".repeat(43)}`);
    expect(warnings).toEqual([told]);
    const again = await startLogged({ tokens: server.tokens });
    expect(again.warnings).toEqual([told]);
    await again.server.stop();
    await server.stop();
  });
});

describe("what a token has opened ends with it", () => {
  test("a watch, cleanly, when the token is deleted; others go on", async ({ server }) => {
    const [doomed, other] = [make(server, "doomed"), make(server, "other")];
    const watches = await Promise.all(
      [doomed, doomed, other, server.token].map((one) => watchAs(server, one)),
    );
    await server.create("before");
    for (const watch of watches) await watch.first(1);
    server.tokens.delete("doomed");
    await Promise.all([watches[0]!.ended, watches[1]!.ended]);
    expect(watches[0]!.response.complete).toBe(true);
    await server.create("after");
    for (const watch of watches.slice(2)) {
      expect((await watch.first(2)).map(({ object }) => object.metadata.name)).toEqual(["before", "after"]);
      watch.stop();
    }
    expect(watches[0]!.names()).toEqual(["ADDED before"]);
    expect(await statusOf(server, doomed)).toBe(401);
  });

  test("a watch, when the token expires", async ({ server }) => {
    const watch = await watchAs(server, make(server, "short", { ttlMs: 1_000 }));
    await watch.ended;
    expect(watch.response.complete).toBe(true);
  });

  test("a watch, when the token is replaced by one that may see less", async ({ server }) => {
    const watch = await watchAs(server, make(server, "ci"));
    server.tokens.delete("ci");
    make(server, "ci", { namespace: "other" });
    await watch.ended;
  });

  test("a log that is followed", async () => {
    const logSource = async function* (_: unknown, __: unknown, signal: AbortSignal) {
      yield Buffer.from("first\n");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    const server = await TestServer.start({ logSource });
    await server.ask(PROCESSES, { method: "POST", body: localProcess("web") });
    const secret = make(server, "ci");
    const response = await server.open(`${PROCESSES}/web/log?follow=true`, withToken(secret));
    server.tokens.delete("ci");
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe("first\n");
    await server.stop();
  });

  test("tokens that come and go while watches are opened leave no watch behind", async ({ server }) => {
    const rounds = Array.from({ length: 10 }, async (_, round) => {
      const secret = make(server, `t${round}`);
      const opened = Array.from({ length: 5 }, () =>
        server.open(`${CONFIG_MAPS}?watch=1`, withToken(secret)),
      );
      // Some before they are let in, and some after.
      if (round % 2 === 1) await opened[round % 5];
      server.tokens.delete(`t${round}`);
      return Promise.all(opened);
    });
    for (const response of (await Promise.all(rounds)).flat()) {
      if (response.statusCode !== 200) expect(response.statusCode).toBe(401);
      for await (const _ of response) expect(response.statusCode).toBe(401);
      expect(response.complete).toBe(true);
    }
  });
});

test("a directory is listed by name, and half-written files are not in it", ({ server }) => {
  make(server, "b");
  make(server, "a");
  const { path } = server.tokens;
  writeFileSync(join(path, "c.json.0b2f"), "{");
  writeFileSync(join(path, "No Name.json"), "{}");
  utimesSync(join(path, "b.json"), 0, 0);
  expect(server.tokens.list().map(({ name }) => name)).toEqual(["No Name", "a", "b"]);
  expect(server.tokens.list()[0]).toMatchObject({ problem: "its name is not that of a token" });
  expect(server.tokens.delete("No Name")).toBe(true);
  expect(readdirSync(path).toSorted()).toEqual(["a.json", "b.json", "c.json.0b2f"]);
});
