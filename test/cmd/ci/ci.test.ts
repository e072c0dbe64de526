import { readdir, readFile } from "node:fs/promises";
import { expect } from "vitest";
import { progressLine } from "../../../cmd/ci/progress.ts";
import { sleeper, test, type Driver } from "../driver.ts";

const job = (name: string, script: string, more = ""): string =>
  `apiVersion: tiltish.dev/v1alpha1
kind: LocalProcess
metadata: { name: ${name} }
spec:
  argv: [sh, -c, ${JSON.stringify(script)}]
${more}`;

const PROJECT = `apiVersion: tiltish.dev/v1alpha1
kind: LocalResource
metadata: { name: api }
spec:
  watch: { paths: [.] }
  buildTemplate: { argv: [sh, -c, "echo built it > out.txt; echo building"] }
  serveTemplate:
    argv: [sh, -c, "echo listening; exec sleep 1000"]
    readinessProbe: { logLine: { pattern: listening } }
  dependsOn: [{ kind: LocalProcess, name: migrate, condition: Completed }]
---
${job("migrate", "echo migrating")}---
${sleeper("off", "  disabled: true\n")}---
${sleeper("unrelated", "  daemon: true\n")}`;

const leftovers = (driver: Driver) => readdir(driver.path(".state/tiltish")).catch(() => []);

test("CI-8: ci runs what is named with its dependencies, shows and keeps its logs, and leaves nothing behind", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", PROJECT);
  const { code, stdout } = await driver.run(["ci", "api", "--log-dir", "logs"]);
  expect(stdout).toMatch(/migrate │ migrating\n/);
  expect(stdout).toMatch(/── ci succeeded after [\d.]+m?s ──/);
  expect(stdout).toMatch(/ok +migrate +job +done in/);
  expect(stdout).toMatch(/ok +api:build +build +built in/);
  expect(stdout).toMatch(/ok +api:serve +server +ready/);
  expect(stdout).not.toContain("unrelated");
  expect(code).toBe(0);
  expect((await readdir(driver.path("logs"))).toSorted()).toEqual([
    "api.log",
    "migrate.log",
    "tiltish-server.log",
  ]);
  expect(await readFile(driver.path("logs/api.log"), "utf8")).toMatch(
    /^\d{4}-\S+Z \[build\] building\n\S+ \[serve\] listening\n/,
  );
  expect(await leftovers(driver)).toEqual([]);
});

test("CI-12: ci shows what is disabled, and CI-14: the files that a build writes set off no other build", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", PROJECT);
  const { code, stdout } = await driver.run(["ci", "-o", "json"]);
  const summary = JSON.parse(stdout) as { result: string; targets: { name: string; result: string }[] };
  expect(summary.result).toBe("succeeded");
  expect(summary.targets.map(({ name, result }) => `${name} ${result}`).toSorted()).toEqual([
    "api:build ok",
    "api:serve ok",
    "migrate ok",
    "off disabled",
    "unrelated ok",
  ]);
  expect(code).toBe(0);
});

test("CI-1: a manifest that cannot be loaded ends it with code 2, at the place of the mistake", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", job("bad", "true", "  dri: x\n"));
  expect(await driver.run(["ci"])).toMatchObject({
    code: 2,
    stderr: 'tiltish.yaml:6:3 spec.dri: unknown field, did you mean "dir"?\n',
  });
  await driver.write("tiltish.yaml", "kind: LocalProcess\n\tname: x\n");
  expect(await driver.run(["ci"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("tiltish.yaml:2:1 "),
  });
  expect(await leftovers(driver)).toEqual([]);
});

test("CI-3: the first failure ends it with code 1, and the summary has its last lines", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", `${job("bad", "echo src/a.ts:1; exit 3")}---\n${sleeper("good")}`);
  const { code, stdout } = await driver.run(["ci"]);
  expect(stdout).toMatch(/── ci failed after .*\n {2}bad: exited with code 3\n/);
  expect(stdout).toMatch(/failed +bad +job +exited with code 3 in \d+ms\n +│ src\/a\.ts:1\n/);
  expect(code).toBe(1);
});

test("CI-2: a program that is not there fails whoever needs it, restart policy or not", async ({
  driver,
}) => {
  const missing = sleeper("db", "  daemon: true\n").replace("sleep,", "no-such-program,");
  await driver.write("tiltish.yaml", missing);
  const { code, stdout } = await driver.run(["ci"]);
  expect(stdout).toMatch(/\n {2}db: program "no-such-program" was not found/);
  expect(code).toBe(1);
});

test("CI-3: a sync that somebody has to mend ends it with code 1, and says what is to be done", async ({
  driver,
}) => {
  await driver.write(
    "tiltish.yaml",
    "apiVersion: tiltish.dev/v1alpha1\nkind: CFAppSync\nmetadata: { name: web }\nspec: { appName: web, localPath: ., cfHome: nowhere }\n",
  );
  const { code, stdout } = await driver.start(["ci"]).ended;
  expect(stdout).toMatch(/── ci failed after .*\n {2}web: .*cf login/);
  expect(code).toBe(1);
});

test("CI-6: what is not done in time ends it with code 4, and says what it waited for", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", job("slow", "sleep 1000"));
  const { code, stdout } = await driver.run(["ci", "--timeout", "1s"]);
  expect(stdout).toContain("  not done after 1s: slow: it runs, and has not ended");
  expect(code).toBe(4);
});

test("CI-13: a server that is never ready ends it with code 4; CI-9: unless readiness does not count", async ({
  driver,
}) => {
  const probe = "  daemon: true\n  readinessProbe: { logLine: { pattern: never } }\n";
  await driver.write("tiltish.yaml", job("mute", "exec sleep 1000", probe));
  const late = await driver.run(["ci", "--readiness-timeout=1h", "--readiness-timeout=mute=500ms"]);
  expect(late.stdout).toContain("  mute is not ready after 500ms: ");
  expect(late.code).toBe(4);
  expect(await driver.run(["ci", "--ignore-readiness"])).toMatchObject({ code: 0 });
  expect(await driver.run(["ci", "--ignore-readiness=mute"])).toMatchObject({ code: 0 });
});

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`ci ends in order on ${signal}, with code ${code}`, async ({ driver }) => {
    await driver.write("tiltish.yaml", job("slow", "echo pid $$; exec sleep 1000"));
    const ci = driver.start(["ci"]);
    await expect.poll(() => ci.stdout, { timeout: 15_000 }).toMatch(/pid \d+/);
    const pid = Number(/pid (\d+)/.exec(ci.stdout)![1]);
    ci.child.kill(signal);
    expect(await ci.ended).toMatchObject({
      code,
      stdout: expect.stringContaining("── ci interrupted after"),
    });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(await leftovers(driver)).toEqual([]);
  });
}

test("ci does not run what an up runs already", async ({ driver }) => {
  await driver.write("tiltish.yaml", sleeper("first"));
  const up = driver.start(["up"]);
  await expect.poll(() => up.stdout, { timeout: 15_000 }).toContain("first run 1");
  const { code, stderr } = await driver.run(["ci"]);
  expect(stderr).toMatch(/^error: this project runs already \(pid \d+\), and would run twice\./);
  expect(code).toBe(1);
});

test("while it waits, a line says for what and why", () => {
  const target = (name: string, state: "good" | "unready", message = "") =>
    ({ key: `default/LocalProcess/${name}`, name, role: "server", state, message }) as const;
  const open = ["a", "b", "c", "d", "e", "f"].map((name) => target(name, "unready", "not ready"));
  expect(progressLine([target("z", "good"), ...open.slice(0, 1)], 20_013)).toBe(
    "── 20s: waiting for a (not ready)",
  );
  expect(progressLine(open, 61_000)).toMatch(/^── 1m1s: waiting for a .* e \(not ready\) and 1 more$/);
});
