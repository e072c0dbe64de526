import { mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { type Container, GUID, test } from "./fixture.ts";
import { commitBody, file, frame, operation } from "./frames.ts";

const V1 = "/_fastpush/v1";

const send = (container: Container, revision: string, ...frames: Buffer[]) =>
  container.ask("PUT", `${V1}/sets/${revision}`, { body: Buffer.concat(frames) });
const commit = (container: Container, revision: string, body = commitBody()) =>
  container.ask("POST", `${V1}/sets/${revision}/commit`, { body });

describe("the extensions", () => {
  test("are told of in every answer of an endpoint, and need the token", async ({ container }) => {
    await container.start();
    for (const path of ["/_fastpush/status", "/_fastpush/files", `${V1}/status`]) {
      expect((await container.ask("GET", path)).headers["x-fastpush-extensions"]).toMatch(
        /^1; deletes, modes/,
      );
      expect((await container.ask("GET", path, { token: "" })).status).toBe(401);
    }
  });

  test("commit a set as a whole, from the base that it was made for", async ({ container }) => {
    await container.start({}, { CF_INSTANCE_GUID: "g1" });
    await send(
      container,
      "r1",
      await file("a.txt", "a"),
      operation({ type: "link", path: "l", target: "a.txt" }),
    );
    expect(await readdir(container.app)).toEqual(["app.js"]);
    const answer = await commit(container, "r1", commitBody({ tracked: { all: ["a.txt", "l"] } }));
    expect(JSON.parse(answer.body)).toMatchObject({
      result: "ok",
      durationsMs: { apply: expect.any(Number) },
    });
    expect(await container.read("l")).toBe("a");
    const status = JSON.parse((await container.ask("GET", `${V1}/status`)).body) as object;
    expect(status).toMatchObject({ revision: "r1", treeHash: "t", committedIn: "g1", instanceGuid: "g1" });
    await send(container, "r2", await file("a.txt", "b"));
    const conflict = await commit(container, "r2", commitBody({ base: "r0" }));
    expect([conflict.status, JSON.parse(conflict.body)]).toMatchObject([409, { reason: "Conflict" }]);
    expect(await container.read("a.txt")).toBe("a");
  });

  test("a set is there as a whole or not at all: what cannot be done takes back what was", async ({
    container,
  }) => {
    await container.start();
    await container.write("old.txt", "old");
    await container.write("full/of", "files");
    await send(
      container,
      "r1",
      operation({ type: "makeDirectory", path: "new" }),
      await file("new/a.txt", "a"),
      await file("old.txt", "new"),
      operation({ type: "chmod", path: "app.js", mode: 0o600 }),
      await file("full", "no longer a directory"),
    );
    const before = await readdir(container.app, { recursive: true });
    const outcome = JSON.parse((await commit(container, "r1")).body) as object;
    expect(outcome).toMatchObject({ result: "failed", message: "full: is a directory" });
    expect(await readdir(container.app, { recursive: true })).toEqual(before);
    expect(await container.read("old.txt")).toBe("old");
  });

  const bad: [what: string, frames: () => Promise<Buffer[]>, message: RegExp][] = [
    ["a path that leads up", async () => [await file("../x", "x")], /leads up/],
    ["an absolute path", async () => [await file("/x", "x")], /not a relative path/],
    [
      "a link that leads out",
      async () => [operation({ type: "link", path: "a/l", target: "../../x" })],
      /leads out/,
    ],
    [
      "an absolute link",
      async () => [operation({ type: "link", path: "l", target: "/etc/passwd" })],
      /leads out/,
    ],
    [
      "content that was damaged",
      async () => [Buffer.concat([(await file("a", "one")).subarray(0, -3), Buffer.from("two")])],
      /^a: arrived damaged/,
    ],
    ["too much content", async () => [await file("a", "one"), frame("D", "more")], /content without a file/],
    ["too little content", async () => [(await file("a", "one")).subarray(0, -8)], /^a: incomplete/],
    ["half a frame", async () => [(await file("a", "one")).subarray(0, -1)], /middle of a frame/],
    ["a frame of 4 GiB", async () => [Buffer.from("O\u{7f}\u{7f}\u{7f}\u{7f}")], /too long/],
    ["an unknown operation", async () => [operation({ type: "format", path: "a" })], /unknown operation/],
    ["an operation that is no JSON", async () => [frame("O", "{")], /not JSON/],
    [
      "a mode with more than permissions",
      async () => [operation({ type: "chmod", path: "a", mode: 0o4755 })],
      /mode/,
    ],
    [
      "something deflated that is not",
      async () => [(await file("a", "one")).subarray(0, -8), frame("Z", "no")],
      /inflated/,
    ],
    [
      "a copy of what is not there",
      async () => [
        operation({ type: "put", path: "a", mode: 420, size: 1, hash: "0".repeat(64), from: "b" }),
      ],
      /^b: cannot be taken/,
    ],
  ];
  for (const [what, frames, message] of bad)
    test(`${what} is refused, and nothing of the set is left`, async ({ container }) => {
      await container.start();
      const answer = await send(container, "r1", ...(await frames()));
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toMatchObject({
        reason: "BadSet",
        message: expect.stringMatching(message),
      });
      expect((await commit(container, "r1")).status).toBe(409);
      expect(await readdir(join(container.home, "vcap/tmp/.tiltish-fastpush/stage"))).toEqual([]);
    });

  const requests: [body: string, message: string][] = [
    ["{", "the body is not JSON"],
    ["[]", "the body must be an object"],
    [commitBody({ base: 1 as unknown as string }), "base must be a text"],
    [commitBody({ restart: { mode: "Now" } as never }), "restart.mode must be None, Command or Supervisor"],
    [
      commitBody({ restart: { mode: "Supervisor", signal: "NONE", graceSeconds: 1 } }),
      "restart.signal must be the name of a signal",
    ],
    [
      commitBody({ restart: { mode: "Supervisor", signal: "TERM", graceSeconds: 61 } }),
      "restart.graceSeconds must be a number from 0 to 60",
    ],
    [commitBody({ restart: { mode: "Command", command: [] } }), "restart.command must name a program"],
  ];
  for (const [body, message] of requests)
    test(`a commit is refused with: ${message}`, async ({ container }) => {
      await container.start();
      const answer = await commit(container, "r1", body);
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
        400,
        { reason: "BadRequest", message: expect.stringContaining(message) },
      ]);
    });

  test("what is not there is told, and which methods are", async ({ container }) => {
    await container.start();
    expect((await container.ask("GET", `${V1}/nothing`)).status).toBe(404);
    expect((await container.ask("DELETE", `${V1}/files`)).status).toBe(405);
  });

  test("what an agent over ssh has committed since makes it forget its revision, and the other way round", async ({
    container,
  }) => {
    await container.start();
    await send(container, "r1", await file("a.txt", "a"));
    await commit(container, "r1");
    const revision = async () =>
      (JSON.parse((await container.ask("GET", `${V1}/status`)).body) as { revision: string }).revision;
    expect(await revision()).toBe("r1");
    const marker = join(container.home, "vcap/tmp/.tiltish/marker");
    await mkdir(join(marker, ".."));
    await writeFile(marker, "by an agent");
    await utimes(marker, Date.now() / 1000 + 10, Date.now() / 1000 + 10);
    expect(await revision()).toBe("");
    await send(container, "r2", await file("a.txt", "b"));
    expect((await commit(container, "r2")).status).toBe(200);
    expect(await revision()).toBe("r2");
    await expect(readFile(marker)).rejects.toThrow("ENOENT");
  });

  test("a directory on the way that has become a link out is not gone through", async ({ container }) => {
    await container.start();
    await send(container, "r1", await file("dir/x", "x"));
    await symlink("../..", container.path("dir"));
    expect(JSON.parse((await commit(container, "r1")).body)).toMatchObject({
      result: "failed",
      message: expect.stringContaining('has "dir" in it, which is a link'),
    });
    expect(await readdir(container.home)).toEqual(["vcap"]);
  });

  test("a set that comes while another is on its way takes its place", async ({ container }) => {
    await container.start();
    const slow = request({
      host: "127.0.0.1",
      port: container.port,
      method: "PUT",
      path: `${V1}/sets/slow`,
      headers: { "x-auth-token": GUID },
    });
    const ended = new Promise<void>((resolve) => slow.once("close", resolve));
    slow.on("error", () => undefined);
    slow.write(await file("slow.txt", "slow"));
    await expect.poll(() => readdir(join(container.home, "vcap/tmp/.tiltish-fastpush/stage"))).toEqual(["0"]);
    expect((await send(container, "r1", await file("a.txt", "a"))).status).toBe(200);
    await ended;
    expect(JSON.parse((await commit(container, "r1")).body)).toMatchObject({ result: "ok" });
    expect(await container.read("a.txt")).toBe("a");
  });

  test("the output of the app can be followed", async ({ container }) => {
    await container.write("talk.js", "let n = 0; setInterval(() => console.log('line', ++n), 20)");
    await container.start({ backend_command: "node talk.js" });
    const asked = request({
      host: "127.0.0.1",
      port: container.port,
      path: `${V1}/output?follow=true`,
      headers: { "x-auth-token": GUID },
    });
    asked.end();
    const [response] = (await once(asked, "response")) as [AsyncIterable<Buffer> & { destroy(): void }];
    let seen = "";
    for await (const bytes of response) if ((seen += bytes.toString()).includes("line 5\n")) break;
    expect(seen).toContain("line 4\nline 5\n");
  });

  test("a restart is answered when the app is up, with its pid", async ({ container }) => {
    await (await container.start()).ready();
    const restart = {
      mode: "Supervisor",
      signal: "TERM",
      graceSeconds: 1,
      readiness: { path: "/", timeoutSeconds: 20 },
    };
    const answer = await container.ask("POST", `${V1}/restart`, { body: JSON.stringify({ restart }) });
    const { pid } = JSON.parse((await container.ask("GET", "/")).body) as { pid: number };
    expect(JSON.parse(answer.body)).toMatchObject({ result: "ready", pid });
  });
});
