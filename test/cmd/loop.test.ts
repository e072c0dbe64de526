import { expect } from "vitest";
import { sleeper, test } from "./driver.ts";

const PROJECT = `apiVersion: tiltish.dev/v1alpha1
kind: LocalResource
metadata:
  name: api
spec:
  watch: { paths: [src] }
  serveTemplate: { argv: [node, src/a.mjs] }
---
${sleeper("other", "  dependsOn: [{ kind: LocalResource, name: api }]\n")}`;
const server = (text: string) => `console.log(${JSON.stringify(text)}); setInterval(() => {}, 1000);\n`;

test("up runs a project, shows it once, and runs it again on a save", async ({ driver }) => {
  await driver.write("tiltish.yaml", PROJECT);
  await driver.write("src/a.mjs", server("first"));
  const up = driver.start(["up"]);
  await expect.poll(() => up.stdout, { timeout: 15_000 }).toMatch(/api +│ first/);
  expect(up.stdout).toMatch(/API +https:\/\/127\.0\.0\.1:\d+/);
  expect(up.stdout).toMatch(/kubectl +export KUBECONFIG=/);
  expect(up.stdout).toMatch(/other +LocalProcess +waits for api \(Ready\)/);
  expect(up.stdout).not.toContain("\u001B");

  await driver.write("src/a.mjs", server("second"));
  await expect.poll(() => up.stdout, { timeout: 10_000 }).toMatch(/api +│ second/);
  await expect.poll(() => up.stdout).toMatch(/── api run 2 · src\/a\.mjs saved · ready in [\d.]+ m?s ──/);
  expect((await driver.run(["why", "api"])).stdout).toContain("src/a.mjs saved");

  const pid = Number((await driver.run(["get", "lp/api-serve", "-o", "jsonpath={.status.pid}"])).stdout);
  up.child.kill("SIGINT");
  expect((await up.ended).code).toBe(130);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("a second up joins, removes what left the file, and leaves the server running", async ({ driver }) => {
  await driver.write("src/a.mjs", server("first"));
  await driver.write("tiltish.yaml", PROJECT);
  const first = driver.start(["up"]);
  await expect.poll(() => first.stdout, { timeout: 15_000 }).toContain("│ first");

  await driver.write("tiltish.yaml", PROJECT.split("---\n")[0]!);
  const second = driver.start(["up"]);
  await expect.poll(() => second.stdout, { timeout: 10_000 }).toContain("1 unchanged, 1 removed");
  const third = driver.start(["up"]);
  await expect.poll(() => third.stdout, { timeout: 10_000 }).toContain("joined");
  second.child.kill("SIGINT");
  expect(await second.ended).toMatchObject({
    code: 130,
    stderr: expect.stringContaining("everything runs on"),
  });
  expect((await driver.run(["get", "lp", "-o", "name"])).stdout).toBe("localprocess.tiltish.dev/api-serve\n");

  const down = await driver.run(["down"]);
  expect(down.stdout).toContain("localresource.tiltish.dev/api deleted\n");
  expect(down.code).toBe(0);
  expect((await first.ended).code).toBe(143);
  expect(await third.ended).toMatchObject({ code: 0, stderr: "the server was stopped\n" });
  expect(await driver.run(["down"])).toMatchObject({ code: 3 });
});

test("up needs no file for one command", async ({ driver }) => {
  await driver.write("a.mjs", server("hello"));
  const up = driver.start(["up", "--", process.execPath, "a.mjs"]);
  await expect.poll(() => up.stdout, { timeout: 15_000 }).toContain("│ hello");
  await driver.write("a.mjs", server("again"));
  await expect.poll(() => up.stdout, { timeout: 10_000 }).toContain("│ again");
  up.child.kill("SIGTERM");
  expect((await up.ended).code).toBe(143);
});

test("a mistake in the file starts nothing", async ({ driver }) => {
  await driver.write("tiltish.yaml", `${sleeper("good")}---\n${sleeper("bad", "  dri: x\n")}`);
  expect(await driver.run(["up"])).toMatchObject({
    stdout: "",
    stderr: 'tiltish.yaml:14:3 spec.dri: unknown field, did you mean "dir"?\n',
    code: 2,
  });
  expect(await driver.run(["get", "lp"])).toMatchObject({ code: 3 });
});

test("the only server that runs stands in where there is no project, and says so", async ({ driver }) => {
  await driver.write("a/tiltish.yaml", sleeper("first"));
  await driver.write("b/tiltish.yaml", sleeper("second"));
  await driver.write("c/readme", "");
  const up = driver.start(["up", "-C", driver.path("a")]);
  await expect.poll(() => up.stdout, { timeout: 15_000 }).toContain("first run 1");
  const get = ["get", "lp", "-o", "name"];
  expect(await driver.run(get, { cwd: driver.path("b") })).toMatchObject({
    stdout: "",
    stderr: expect.stringMatching(/^no session for this folder\. Running: a \(.*\/a\)\./),
    code: 3,
  });
  expect(await driver.run(get, { cwd: driver.path("c") })).toMatchObject({
    stdout: "localprocess.tiltish.dev/first\n",
    stderr: expect.stringMatching(/^this folder has no session; this is about a \(.*\/a\)\n$/),
    code: 0,
  });
});

test("a state directory that cannot be made says what to do", async ({ driver }) => {
  await driver.write("tiltish.yaml", sleeper("first"));
  const state = await driver.write("file", "");
  const { code, stderr } = await driver.run(["up", "--state-dir", state]);
  expect(stderr).toMatch(/^error: no state directory: EEXIST.* Choose another one with --state-dir or /);
  expect(code).toBe(1);
});

test("without a file, up says what could be done", async ({ driver }) => {
  const { code, stderr } = await driver.run(["up"]);
  expect(code).toBe(2);
  expect(stderr).toContain("tiltish up -- npm start");
});

test("a command that ends well waits for the next save", async ({ driver }) => {
  await driver.write("a.mjs", "console.log('one');\n");
  const up = driver.start(["up", "--", process.execPath, "a.mjs"]);
  await expect
    .poll(() => up.stdout, { timeout: 15_000 })
    .toMatch(/run 1 · it is new · done after [\d.]+ m?s ──/);
  expect(up.stdout).not.toContain("next start");
  await driver.write("a.mjs", "console.log('two');\n");
  await expect.poll(() => up.stdout, { timeout: 10_000 }).toContain("run 2 · a.mjs saved · done after");
});

test("what the up before this one ran is not run once more", async ({ driver }) => {
  await driver.write("a.mjs", server("hello"));
  const first = driver.start(["up", "--", process.execPath, "a.mjs"]);
  await expect.poll(() => first.stdout, { timeout: 15_000 }).toContain("│ hello");
  first.child.kill("SIGINT");
  await first.ended;

  const second = driver.start(["up", "--", "sleep", "1000"]);
  await expect.poll(() => second.stdout, { timeout: 15_000 }).toContain("── sleep run 1 · it is new · ready");
  expect(second.stdout).toContain("1 created, 1 removed");
  expect((await driver.run(["events"])).stdout).not.toContain("run 2");
});

test("why tells to the millisecond when each run was ready", async ({ driver }) => {
  const probe = "argv: [node, src/a.mjs], readinessProbe: { logLine: { pattern: hello } }";
  await driver.write("src/a.mjs", server("hello"));
  await driver.write("tiltish.yaml", PROJECT.replace("argv: [node, src/a.mjs]", probe));
  const up = driver.start(["up"]);
  await expect.poll(() => up.stdout, { timeout: 15_000 }).toContain("api run 1 · it is new · ready");
  expect((await driver.run(["why", "api"])).stdout).toMatch(/ ready +\d\d:\d\d:\d\d\.\d{3} /);
  await driver.run(["trigger", "api"]);
  await expect
    .poll(() => up.stdout, { timeout: 10_000 })
    .toContain("api run 2 · triggered by hand · ready in");
  expect((await driver.run(["why", "api"])).stdout).toMatch(/ ready +\d\d:\d\d:\d\d\.\d{3} /);
});
