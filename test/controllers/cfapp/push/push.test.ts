import { randomBytes } from "node:crypto";
import { chmod, lstat, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { pushApp } from "../../../../controllers/cfapp/push/index.ts";
import type { Rig } from "../../../sandbox/fixture.ts";
import { Reader } from "../agent/fixture.ts";
import { push, remote, requestFor, test } from "./fixture.ts";

const PROCFILE = { Procfile: "web: cat hello.txt; exec sleep 1000\n", "hello.txt": "hello\n" };

describe("a full deploy", () => {
  test("makes an app that is not there, gives it a route, and waits until it runs", async ({ rig }) => {
    const request = await requestFor(rig, PROCFILE);
    const pushed = await pushApp(request);
    expect(pushed.appGuid).toBe(rig.app.guid);
    expect(rig.app.instances.map(({ state }) => state)).toEqual(["RUNNING"]);
    await expect.poll(() => rig.app.instances[0]!.output).toBe("hello\n");
    expect(await rig.cc.routes(pushed.appGuid)).toHaveLength(1);
    expect(request.steps).toEqual([
      "creating the app",
      expect.stringMatching(/^packing 2 files/),
      expect.stringMatching(/^uploading \d+ kB$/),
      "waiting until the platform has taken the upload",
      "staging",
      "starting",
      "waiting until all instances run",
    ]);
  });

  test("keeps modes and links, and leaves out what .cfignore and cf itself leave out", async ({ rig }) => {
    const files = {
      ...PROCFILE,
      "bin/run": "#!/bin/sh\n",
      ".cfignore": "secret\n",
      secret: "x",
      "manifest.yml": "",
    };
    const root = await rig.directory("local", files);
    await chmod(join(root, "bin/run"), 0o750);
    await symlink("bin/run", join(root, "link"));
    await push(rig, files);
    const app = join(rig.app.instances[0]!.home, "app");
    expect((await lstat(join(app, "bin/run"))).mode & 0o777).toBe(0o750);
    expect(await readlink(join(app, "link"))).toBe("bin/run");
    await expect(remote(rig, "secret")).rejects.toThrow("ENOENT");
    await expect(remote(rig, "manifest.yml")).rejects.toThrow("ENOENT");
  });

  test("sends large files once", async ({ rig }) => {
    const large = "0123456789".repeat(200_000);
    await push(rig, { ...PROCFILE, large });
    const before = rig.cf.counters.http.bytesUp;
    const request = await requestFor(rig, { ...PROCFILE, large, "hello.txt": "changed\n" });
    await pushApp(request);
    expect(rig.cf.counters.http.bytesUp - before).toBeLessThan(30_000);
    expect(request.steps).toContainEqual(expect.stringMatching(/1 files are known there/));
    expect(await remote(rig, "large")).toBe(large);
    expect(await remote(rig, "hello.txt")).toBe("changed\n");
  });

  test("asks the platform by a new token when the old one has ended", async ({ rig }) => {
    rig.cf.faults.expireTokens();
    await push(rig, PROCFILE);
    expect(rig.cf.counters.http.requests["POST /oauth/token"]).toBe(1);
  });

  test("asks again after a failure of the platform, but makes nothing twice", async ({ rig }) => {
    rig.cf.faults.answer({ method: "GET", path: /^\/v3\/builds\//, status: 502 });
    rig.cf.faults.answer({ path: /^\/v3\/builds$/, status: 429, headers: { "retry-after": "1" } });
    await push(rig, PROCFILE);
    expect(rig.cf.counters.http.requests["POST /v3/builds"]).toBe(2);
    rig.cf.faults.answer({ method: "POST", path: /^\/v3\/packages$/, status: 503 });
    await expect(push(rig, PROCFILE)).rejects.toMatchObject({
      name: "PlatformError",
      isTransient: true,
    });
    expect(rig.cf.counters.http.requests["POST /v3/packages"]).toBe(2);
  });

  test("goes on when its connections are lost between two questions", async ({ rig }) => {
    const onStep = (step: string) =>
      step.startsWith("waiting until the platform") && rig.cf.faults.http().drop("reset");
    await push(rig, PROCFILE, { onStep });
    expect(rig.app.instances[0]!.state).toBe("RUNNING");
  });

  test("tells of what the platform warns of", async ({ rig }) => {
    rig.cf.faults.answer({
      method: "GET",
      path: /^\/v3\/builds\//,
      status: 500,
      headers: { "x-cf-warnings": "stack%20is+old,second" },
    });
    expect((await push(rig, PROCFILE)).warnings).toEqual(["stack is old", "second"]);
  });

  test("that is given up ends at once, and says nothing else", async ({ rig }) => {
    const stop = new AbortController();
    const request = await requestFor(rig, PROCFILE, {
      signal: stop.signal,
      onStep: (step) => step === "staging" && stop.abort(new Error("enough")),
    });
    await expect(pushApp(request)).rejects.toThrow("enough");
    expect(rig.cf.counters.http.requests["POST /v3/apps/:guid/actions/restart"]).toBeUndefined();
  });

  test("that is given up while it packs leaves no file open", async ({ rig }) => {
    const stop = new AbortController();
    const request = await requestFor(rig, { ...PROCFILE, large: randomBytes(10_000_000).toString("latin1") });
    const reader = new Reader(join(rig.home, "local"));
    const read = async function* (path: string) {
      for await (const piece of reader.read(path)) {
        yield piece;
        const isPacking = request.steps.some((step) => step.startsWith("packing"));
        if (path === "large" && isPacking) stop.abort(new Error("enough"));
      }
    };
    await expect(pushApp({ ...request, read, signal: stop.signal })).rejects.toThrow("enough");
    await expect.poll(() => reader.open).toBe(0);
  });

  test("that takes too long says at which step it was", async ({ rig }) => {
    const files = { Procfile: "web: sleep 1000\n" };
    const slow = push(rig, files, { healthCheckType: "keep", timeoutMs: 2000 });
    await expect(slow).rejects.toMatchObject({
      step: "start",
      message: expect.stringContaining("2 s") as string,
    });
  });
});

describe("a deploy that fails leaves the app as it is, and says why:", () => {
  test("staging, with its log", async ({ rig }) => {
    await push(rig, PROCFILE);
    const { guid } = rig.app.instances[0]!;
    rig.cf.faults.failBuild("BuildpackCompileFailed - App staging failed in the buildpack compile phase");
    await expect(push(rig, { ...PROCFILE, "hello.txt": "2" })).rejects.toMatchObject({
      step: "stage",
      message: expect.stringContaining("BuildpackCompileFailed") as string,
      detail: expect.stringContaining("-----> Sandbox Buildpack") as string,
    });
    expect(rig.app.instances[0]).toMatchObject({ guid, state: "RUNNING" });
  });

  test("a name that no archive can have, for good: it is the same the next time", async ({ rig }) => {
    await expect(push(rig, { ...PROCFILE, "c:evil.txt": "" })).rejects.toMatchObject({
      name: "PushError",
      step: "upload",
      message: expect.stringContaining("c:evil.txt cannot be uploaded") as string,
    });
  });

  test("an app of which nobody knows how it starts", async ({ rig }) => {
    await expect(push(rig, { "some.txt": "" })).rejects.toMatchObject({
      step: "stage",
      message: expect.stringContaining("NoAppDetectedError") as string,
    });
  });

  test("new instances that crash, with what they print", async ({ rig }) => {
    const files = { Procfile: "web: echo no luck >&2; exit 3\n" };
    await expect(push(rig, files)).rejects.toMatchObject({
      step: "start",
      message: "all instances have crashed",
      detail: expect.stringContaining("no luck") as string,
    });
  });

  test("a manifest that is not taken", async ({ rig }) => {
    rig.cf.faults.failJob("Unable to map route");
    await expect(push(rig, PROCFILE)).rejects.toMatchObject({
      step: "manifest",
      message: expect.stringContaining("Unable to map route") as string,
    });
  });
});

/** New instances count once they listen. */
async function checkPort(rig: Rig): Promise<void> {
  await rig.cc.ask(`/v3/apps/${rig.app.guid}/processes/web`, {
    method: "PATCH",
    body: JSON.stringify({ health_check: { type: "port" } }),
    headers: { "content-type": "application/json" },
  });
}

describe("a deploy one by one", () => {
  test("replaces instances while the others serve; its process has a guid of its own", async ({ rig }) => {
    await push(rig, PROCFILE);
    const process = rig.app.processGuid;
    const { deploymentGuid } = await push(rig, { ...PROCFILE, "hello.txt": "2\n" }, { strategy: "Rolling" });
    expect(deploymentGuid).toBeDefined();
    expect(await remote(rig, "hello.txt")).toBe("2\n");
    expect(rig.app.processGuid).not.toBe(process);
    expect(await rig.cc.process(rig.app.guid, "web")).toBe(rig.app.processGuid);
  });

  test("goes on with all once its canary runs", async ({ rig }) => {
    await push(rig, PROCFILE);
    const request = await requestFor(rig, { ...PROCFILE, "hello.txt": "2\n" }, { strategy: "Canary" });
    await pushApp(request);
    expect(request.steps).toContain("the first instance runs: going on with the others");
    expect(await remote(rig, "hello.txt")).toBe("2\n");
  });

  test("is taken back if the new ones crash, and the old ones run on", async ({ rig }) => {
    await push(rig, PROCFILE);
    const { guid } = rig.app.instances[0]!;
    await checkPort(rig);
    const files = { Procfile: "web: echo no luck; exit 3\n" };
    await expect(push(rig, files, { strategy: "Rolling", healthCheckType: "keep" })).rejects.toMatchObject({
      step: "deploy",
      detail: expect.stringContaining("no luck") as string,
    });
    expect(rig.app.instances[0]).toMatchObject({ guid, state: "RUNNING" });
    await expect
      .poll(
        async () =>
          (await rig.cc.get<{ resources: unknown[] }>("/v3/deployments?status_values=ACTIVE")).resources,
      )
      .toEqual([]);
  });

  test("is taken back if it is given up", async ({ rig }) => {
    await push(rig, PROCFILE);
    const stop = new AbortController();
    const files = { Procfile: "web: exec sleep 1000\n" };
    const strategy = { strategy: "Rolling", healthCheckType: "keep", signal: stop.signal } as const;
    await checkPort(rig);
    const pushed = push(rig, files, strategy);
    const asked = () => rig.cf.counters.http.requests["GET /v3/deployments/:guid"] ?? 0;
    await expect.poll(asked).toBeGreaterThan(0);
    stop.abort(new Error("enough"));
    await expect(pushed).rejects.toThrow("enough");
    expect(rig.cf.counters.http.requests["POST /v3/deployments/:guid/actions/cancel"]).toBe(1);
  });
});
