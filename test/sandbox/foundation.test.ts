import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { Http } from "../../controllers/cfapp/cf/index.ts";
import { Sandbox } from "../../sandbox/index.ts";
import { test } from "./fixture.ts";

describe("a foundation tells", () => {
  test("whoever asks where things are, without a token", async ({ rig }) => {
    const platform = await rig.cc.platform();
    expect(platform.ssh).toEqual({ ...rig.cf.ssh });
    expect(platform.logCache).toBe(rig.cf.url);
  });

  test("who is logged in of their apps, processes and instances", async ({ rig }) => {
    await rig.push("sleep 1000", { instances: 2 });
    const space = await rig.cc.space(rig.cf.org, rig.cf.space);
    const app = (await rig.cc.app("web", space.guid))!;
    expect(app).toEqual({ guid: rig.app.guid, name: "web", state: "STARTED" });
    const process = (await rig.cc.process(app.guid, "web"))!;
    expect(process).toBe(app.guid);
    await expect
      .poll(async () => (await rig.cc.instances(process)).map(({ index, state }) => [index, state]))
      .toEqual([
        [0, "RUNNING"],
        [1, "RUNNING"],
      ]);
    const [first] = await rig.cc.instances(process);
    expect(first!.instanceGuid).toBe(rig.app.instances[0]!.guid);
    expect(first!.diskUsage).toBeGreaterThan(5);
    expect(await rig.cc.sshEnabled(app.guid)).toEqual({ enabled: true, reason: "" });
  });

  test("nobody anything whose token is not good, and gives a new one to who has a refresh token", async ({
    rig,
  }) => {
    await rig.cc.space(rig.cf.org, rig.cf.space);
    rig.cf.faults.expireTokens();
    await rig.cc.space(rig.cf.org, rig.cf.space);
    expect(rig.cf.counters.http.requests["POST /oauth/token"]).toBe(1);
    rig.cf.faults.revokeTokens();
    await expect(rig.cc.space(rig.cf.org, rig.cf.space)).rejects.toMatchObject({ reason: "TokenExpired" });
    const { status, body } = await rig.http.send(`${rig.cf.url}/v3/apps`);
    expect([status, body]).toEqual([401, expect.stringContaining("CF-NotAuthenticated") as string]);
  });

  test("what is wrong with a request that it cannot do", async ({ rig }) => {
    await expect(rig.cc.get("/v3/apps/none")).rejects.toMatchObject({
      status: 404,
      code: "CF-ResourceNotFound",
    });
    await expect(rig.cc.get("/v3/nonsense")).rejects.toMatchObject({ status: 404, code: "CF-NotFound" });
    const create = (body: string) =>
      rig.cc.ask("/v3/apps", { method: "POST", body, headers: { "content-type": "application/json" } });
    await expect(create("{")).rejects.toMatchObject({ status: 400 });
    await expect(create("{}")).rejects.toMatchObject({ status: 422 });
  });

  test("lies for as long as it is asked to", async ({ rig }) => {
    rig.cf.faults.answer({ path: /^\/v3\/apps$/, status: 503, times: 1 });
    await expect(rig.cc.app("web", rig.cf.spaceGuid)).rejects.toMatchObject({
      status: 503,
      isTransient: true,
    });
    expect(await rig.cc.app("web", rig.cf.spaceGuid)).toBeUndefined();
  });
});

describe("an instance", () => {
  test("has a directory of its own, which its processes see at /home/vcap", async ({ rig }) => {
    await rig.push("cat hello.txt; pwd; echo $CF_INSTANCE_INDEX $SANDBOX_BUILDPACK > who; sleep 1000", {
      instances: 2,
    });
    for (const [index, instance] of rig.app.instances.entries()) {
      await expect.poll(() => instance.output).toContain("hello\n/home/vcap/app\n");
      const who = () => readFile(join(instance.home, "app/who"), "utf8").catch(() => "");
      await expect.poll(who).toBe(`${index} 1\n`);
    }
  });

  test("that crashes is another one afterwards, fresh from the droplet", async ({ rig }) => {
    await rig.push("echo mine > mine; exec sleep 1000");
    const instance = rig.app.instances[0]!;
    const mine = () => readFile(join(instance.home, "app/mine"), "utf8").catch(() => "");
    await expect.poll(mine).toBe("mine\n");
    const former = instance.guid;
    await rig.app.push(await rig.directory("source", {}), "exec sleep 1000");
    const next = rig.app.instances[0]!;
    const second = next.guid;
    expect(second).not.toBe(former);
    next.kill();
    await expect
      .poll(() => [next.state, next.guid !== second && next.guid !== ""])
      .toEqual(["RUNNING", true]);
    await expect(readFile(join(next.home, "app/mine"))).rejects.toThrow("ENOENT");
  });

  test("leaves no process behind, whatever that one has left first", async ({ rig }) => {
    const command = "setsid sh -c 'env -i setsid sleep 1000 & sleep 1000' & echo up; exec sleep 1000";
    await rig.push(command);
    const instance = rig.app.instances[0]!;
    await expect.poll(() => instance.processes().length).toBe(4);
    const pids = instance.processes();
    await instance.replace();
    const left = pids.filter((pid) => isAlive(pid));
    expect(left).toEqual([]);
  });

  test("that fails its health check is replaced", async ({ rig }) => {
    const server = `require("node:http").createServer((q, s) => { if (q.url === "/end") process.exit(); s.end(q.url) }).listen(process.env.PORT, "127.0.0.1")`;
    await rig.push(`node server.js & sleep 1000`, { files: { "server.js": server }, healthCheck: "port" });
    const instance = rig.app.instances[0]!;
    await expect.poll(() => instance.state).toBe("RUNNING");
    const [route] = await rig.cc.routes(rig.app.guid);
    const { body } = await rig.http.send(`https://${route}/hi?there`);
    expect(body).toBe("/hi?there");
    const former = instance.guid;
    await rig.http.send(`https://${route}/end`);
    await expect.poll(() => instance.guid !== former && instance.state === "RUNNING").toBe(true);
  });
});

/** Who is dead may still be on the list. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("whoever knows the certificate of a foundation need not look away", async ({ rig }) => {
  const http = new Http({ ca: rig.cf.ca });
  expect((await http.send(`${rig.cf.url}/`)).status).toBe(200);
  const stranger = new Http();
  await expect(stranger.send(`${rig.cf.url}/`)).rejects.toMatchObject({
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  });
  http.close();
  stranger.close();
});

test("an app that does not fit on its disk is told of as crashed", async ({ rig }) => {
  const small = await Sandbox.start({ directory: join(rig.home, "small"), enforceQuota: true });
  const source = await rig.directory("source", { large: "0".repeat(3_000_000) });
  await small.app("web").push(source, "sleep 1000", { diskMb: 1 });
  expect(small.app("web").instances[0]!.state).toBe("CRASHED");
  await small.close();
});

test("a sandbox may be kept below /home, where containers have their own files", async () => {
  const directory = await mkdtemp(join(process.getuid!() === 0 ? "/home" : homedir(), ".tiltish-test-"));
  const source = join(directory, "source");
  await mkdir(source);
  await writeFile(join(source, "hello.txt"), "hello\n");
  const cf = await Sandbox.start({ directory: join(directory, "cf") });
  await cf.app("web").push(source, "cat hello.txt; exec sleep 1000");
  await expect.poll(() => cf.app("web").instances[0]!.output).toBe("hello\n");
  await cf.close();
  await rm(directory, { recursive: true });
});
