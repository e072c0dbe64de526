import { expect } from "vitest";
import { mergeByTime } from "../../cmd/logs/merge.ts";
import { test, type Driver } from "./driver.ts";

const writer = (name: string, script: string, more = "") => `apiVersion: tiltish.dev/v1alpha1
kind: LocalProcess
metadata: { name: ${name}, labels: { group: ${name.length > 3 ? "back" : "front"} } }
spec:
  argv: [sh, -c, ${JSON.stringify(script)}]
${more}`;

const PROJECT = `apiVersion: tiltish.dev/v1alpha1
kind: LocalResource
metadata: { name: api, labels: { group: back } }
spec:
  watch: { paths: [src] }
  buildTemplate: { argv: [sh, -c, "echo building"] }
  serveTemplate: { argv: [sh, -c, "echo INFO serving; echo ERROR broken; exec sleep 1000"] }
---
${writer("worker", "echo working; exec sleep 1000", "  daemon: true\n")}---
${writer("web", "echo INFO web; exec sleep 1000", "  daemon: true\n")}`;

async function up(driver: Driver): Promise<void> {
  await driver.write("src/a", "1");
  await driver.write("tiltish.yaml", PROJECT);
  expect(await driver.run(["up", "--wait"])).toMatchObject({ code: 0 });
}

const logs = async (driver: Driver, ...args: string[]) => (await driver.run(["logs", ...args])).stdout;
const sorted = (text: string) => text.split("\n").filter(Boolean).toSorted();

test("logs of several names come in the order of their time, with aligned names; of one, plain", async ({
  driver,
}) => {
  await up(driver);
  expect(await logs(driver, "worker")).toBe("working\n");
  expect(await logs(driver, "lp/web", "worker", "web").then(sorted)).toEqual([
    "web    │ INFO web",
    "worker │ working",
  ]);
  expect(await logs(driver, "api", "--prefix")).toBe(
    "api │ building\napi │ INFO serving\napi │ ERROR broken\n",
  );
  expect(await logs(driver, "-l", "group=back").then(sorted)).toEqual([
    "api    │ ERROR broken",
    "api    │ INFO serving",
    "api    │ building",
    "worker │ working",
  ]);
  expect(await logs(driver, "api", "--tail=1", "--grep=serving|broken")).toContain("ERROR broken\n");
  expect(await logs(driver, "api", "--grep=(?i)SERVING$")).toBe("INFO serving\n");
  expect(await logs(driver, "api", "--level=warn")).toBe("ERROR broken\n");
  expect(await driver.run(["logs", "worker", "--grep=nope"])).toMatchObject({ stderr: "no line matches\n" });
  expect(await logs(driver, "worker", "--timestamps")).toMatch(/^\d{4}-\S+Z working\n$/);
  const [line] = (await logs(driver, "worker", "-o", "json")).split("\n");
  expect(JSON.parse(line!)).toMatchObject({
    name: "worker",
    process: "worker",
    namespace: "default",
    text: "working",
  });
});

test("logs --since=last-save shows what came after the last save, and of which run it is can be said", async ({
  driver,
}) => {
  await up(driver);
  expect(await driver.run(["logs", "api", "--since=last-save"])).toMatchObject({
    code: 1,
    stderr: "error: nothing was saved yet since files are watched\n",
  });
  await driver.write("src/a", "2");
  const ofRun = () => logs(driver, "lp/api-serve", "--run=2");
  await expect.poll(ofRun, { timeout: 10_000 }).toBe("INFO serving\nERROR broken\n");
  expect(await logs(driver, "api", "--since=last-save")).toBe("building\nINFO serving\nERROR broken\n");
  expect(await logs(driver, "worker", "--since=last-save")).toBe("");
  expect(await logs(driver, "lp/api-serve", "--previous")).toContain("INFO serving\n");
  expect(await driver.run(["logs", "lp/api-serve", "--run=9"])).toMatchObject({
    stderr: "no output of run 9 is kept\n",
  });
});

test("logs -f goes on over a restart of a process and of the server, and shows a line for each run", async ({
  driver,
}) => {
  await up(driver);
  const follow = driver.start(["logs", "-f", "worker", "web", "--tail=0"]);
  const selected = driver.start(["logs", "-f", "-l", "group=back", "--tail=1"]);
  await expect
    .poll(() => sorted(selected.stdout))
    .toEqual(["api    │ ERROR broken", "api    │ building", "worker │ working"]);
  const [{ pid }] = JSON.parse((await driver.run(["ps", "-o", "json"])).stdout) as [{ pid: number }];
  await driver.run(["trigger", "worker"]);
  await expect.poll(() => follow.stdout, { timeout: 10_000 }).toBe("worker │ working\n");
  await expect.poll(() => follow.stderr).toContain("── worker run 2 · triggered by hand · ready");
  expect(follow.stdout).not.toContain("──");

  process.kill(pid, "SIGTERM");
  await expect
    .poll(() => follow.stderr, { timeout: 10_000 })
    .toContain("the server is gone; waiting up to 60s");
  follow.child.kill("SIGSTOP"); // it comes back later than what it follows
  await driver.run(["up", "--wait"]);
  follow.child.kill("SIGCONT");
  await expect.poll(() => follow.stdout, { timeout: 15_000 }).toContain("web    │ INFO web\n");
  expect(follow.stderr.match(/the server is gone/g)).toHaveLength(1);
  expect(follow.stderr).toContain("the server is back\n");
});

test("logs says what is wrong with what it was asked", async ({ driver }) => {
  await up(driver);
  const refused = async (...args: string[]) => {
    const { code, stderr } = await driver.run(["logs", ...args]);
    return `${code} ${stderr}`;
  };
  expect(await refused()).toBe("2 error: whose logs? Give names, or -l SELECTOR\n");
  expect(await refused("ap")).toMatch(/^1 error: no object "ap" .*did you mean "api"\?\n$/);
  expect(await refused("-l", "group=nope")).toBe("1 error: no process matches group=nope\n");
  expect(await refused("api", "--grep=(")).toMatch(
    /^2 error: --grep: no regular expression in the syntax of RE2: /,
  );
  expect(await refused("api", "--level=loud")).toMatch(
    /^2 error: --level is one of debug, info, warn, error/,
  );
  expect(await refused("api", "--since=2026-13-01T00:00:00Z")).toMatch(
    /^2 error: --since: .* is no RFC 3339 time/,
  );
  expect(await refused("api", "--since=soon")).toMatch(/^2 error: --since takes a duration/);
  expect(await refused("api", "--since=5m", "--since-time=2026-01-01T00:00:00Z")).toContain("not both");
});

test("streams that are each in order are merged into one that is", async () => {
  // oxlint-disable-next-line eslint/require-await -- a stream, of what is there already
  async function* stream(...times: string[]) {
    for (const time of times) yield { time };
  }
  const merged: string[] = [];
  for await (const { time } of mergeByTime([stream("1", "4", "5"), stream(), stream("2", "3", "6")]))
    merged.push(time);
  expect(merged).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test("why shows the last lines of what has ended badly, and how often, and when it starts again", async ({
  driver,
}) => {
  const script = "for i in 1 2 3 4 5 6; do echo line $i >&2; done; exit 3";
  await driver.write("tiltish.yaml", writer("boom", script, "  daemon: true\n"));
  await driver.run(["up", "-d"]);
  const why = async () => (await driver.run(["why", "boom"])).stdout;
  await expect.poll(why).toMatch(/is BackOff[^]*the same 2 times in a row; starts again in/);
  const told = await why();
  expect(told).toContain("exited with code 3");
  expect(told.match(/^ {4}line \d$/gm)).toEqual([2, 3, 4, 5, 6].map((n) => `    line ${n}`));
});
