import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { startTimeOf } from "../../cmd/process-identity.ts";
import { sleeper, test, type Driver } from "./driver.ts";

const PROJECT = `${sleeper("db", "  daemon: true\n")}---
${sleeper("api", "  daemon: true\n  dependsOn: [{ kind: LocalProcess, name: db }]\n")}---
${sleeper("worker", "  daemon: true\n")}`;

interface Listed {
  pid: number;
  how: string;
  root: string;
}

const sessions = async (driver: Driver): Promise<Listed[]> =>
  JSON.parse((await driver.run(["ps", "-o", "json"])).stdout) as Listed[];
const names = async (driver: Driver): Promise<string> =>
  (await driver.run(["get", "lp", "-o", "name"])).stdout.replaceAll("localprocess.tiltish.dev/", "");
/** Whether it runs; what has ended and was not waited for does not. */
const isThere = (pid: number): boolean => startTimeOf(pid) !== undefined;

test("up -d comes back, in a session of its own, and says how to attach and how to stop", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", PROJECT);
  const up = await driver.run(["up", "-d"]);
  expect(up).toMatchObject({ code: 0, stderr: "" });
  expect(up.stdout).toMatch(/API +https:\/\/127\.0\.0\.1:\d+ {2}\(detached, pid \d+\)/);
  expect(up.stdout).toContain("tiltish attach shows its logs, tiltish down stops it\n");
  const [{ pid, how, root }] = (await sessions(driver)) as [Listed];
  expect({ how, root }).toEqual({ how: "up -d", root: driver.folder });
  // Its own session: pid, command, state, parent, process group, session.
  const stat = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
  expect(Number(stat[3])).toBe(pid);

  const attached = driver.start(["attach"]);
  await expect.poll(() => attached.stdout, { timeout: 10_000 }).toContain("Ctrl-C only leaves");
  attached.child.kill("SIGINT");
  expect(await attached.ended).toMatchObject({
    code: 130,
    stderr: expect.stringContaining("everything runs on"),
  });
  expect(isThere(pid)).toBe(true);

  const down = await driver.run(["down"]);
  expect(down).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("localprocess.tiltish.dev/api deleted"),
  });
  expect(isThere(pid)).toBe(false);
  expect(await driver.run(["attach"])).toMatchObject({ code: 3 });
});

test("up --wait comes back when all is ready; with code 4 when it takes too long, with code 1 when it fails", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", PROJECT);
  expect(await driver.run(["up", "--wait"])).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^all is ready after [\d.]+m?s\n$/),
  });
  const probe = "  daemon: true\n  readinessProbe: { logLine: { pattern: never } }\n";
  await driver.write("tiltish.yaml", `${PROJECT}---\n${sleeper("mute", probe)}`);
  const late = await driver.run(["up", "--wait", "--timeout=500ms"]);
  expect(late.stderr).toMatch(
    /^error: not done after 500ms: mute: .*\(everything runs on; tiltish down stops it\)\n$/,
  );
  expect(late.code).toBe(4);
  const bad = PROJECT.replace('[sleep, "1000"]\n  daemon: true\n---', "['false']\n---");
  expect(bad).not.toBe(PROJECT);
  await driver.write("tiltish.yaml", bad);
  expect(await driver.run(["up", "--wait"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("error: db: exited with code 1"),
  });
  expect(await names(driver)).toBe("api\ndb\nworker\n");
});

test("up NAME runs it with what it needs, leaves the rest out, and takes nothing from who runs more", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", PROJECT);
  expect(await driver.run(["up", "api", "--dry-run"])).toMatchObject({
    code: 0,
    stdout: `would apply 2 of 3 objects
  db   LocalProcess  needed by LocalProcess/api: dependsOn, Ready
  api  LocalProcess  asked for
left out: worker
`,
  });
  expect(await driver.run(["ps"])).toMatchObject({
    stdout: "",
    stderr: "no session runs; tiltish up starts one\n",
  });
  await driver.run(["up", "-d", "api"]);
  expect(await names(driver)).toBe("api\ndb\n");
  await driver.run(["up", "-d"]);
  await driver.run(["up", "-d", "worker"]);
  expect(await names(driver)).toBe("api\ndb\nworker\n");
  expect(await driver.run(["up", "aip"])).toMatchObject({
    code: 2,
    stderr:
      'error: nothing is called "aip", did you mean "api"?\na command goes after --: tiltish up -- aip\n',
  });
});

test("up --dry-run finds what the server would refuse, and changes nothing, also beside a session", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", sleeper("bad", "  dri: x\n"));
  const refused = { code: 2, stderr: 'tiltish.yaml:7:3 spec.dri: unknown field, did you mean "dir"?\n' };
  expect(await driver.run(["up", "--dry-run"])).toMatchObject(refused);
  await driver.write("good.yaml", PROJECT);
  await driver.run(["up", "-d", "-f", "good.yaml"]);
  expect(await driver.run(["up", "--dry-run"])).toMatchObject(refused);
  await driver.write("tiltish.yaml", sleeper("new"));
  expect(await driver.run(["up", "--dry-run"])).toMatchObject({ code: 0 });
  expect(await names(driver)).toBe("api\ndb\nworker\n");
});

test("who waits for what can never be is told so at once", async ({ driver }) => {
  const waits = "  dependsOn: [{ kind: LocalProcess, name: bd }, { kind: LocalProcess, name: off }]\n";
  await driver.write(
    "tiltish.yaml",
    `${PROJECT}---\n${sleeper("off", "  disabled: true\n")}---\n${sleeper("lost", waits)}`,
  );
  const { stderr } = await driver.run(["up", "-d"]);
  expect(stderr)
    .toBe(`warning: LocalProcess/lost waits for LocalProcess/bd, which is not there, did you mean "db"?
warning: LocalProcess/lost waits for LocalProcess/off, which is disabled: tiltish enable off
`);
});

test("ps lists all sessions, and down --all ends them", async ({ driver }) => {
  for (const folder of ["a", "b"]) {
    await driver.write(`${folder}/tiltish.yaml`, sleeper("first"));
    await driver.run(["up", "-d", "-C", driver.path(folder)]);
  }
  const { stdout } = await driver.run(["ps"]);
  expect(stdout).toMatch(
    /^NAME +PID +BY +PORT +AGE +ROOT\na +\d+ +up -d +\d+ +\d+s +~\/a\nb +\d+ +up -d +\d+ +\d+s +~\/b\n$/,
  );
  const running = await sessions(driver);
  expect(await driver.run(["down", "--all"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("server of ~/b stopped"),
  });
  expect(running.map(({ pid }) => isThere(pid))).toEqual([false, false]);
  expect(await driver.run(["down", "--all"])).toMatchObject({ code: 0, stderr: "no session runs\n" });
});

test("Ctrl-C once ends in order and says who takes its time; twice, everything ends at once", async ({
  driver,
}) => {
  const stubborn = `apiVersion: tiltish.dev/v1alpha1
kind: LocalProcess
metadata: { name: stubborn }
spec:
  argv: [sh, -c, "trap '' TERM; echo pid $$; while true; do sleep 0.1; done"]
  stop: { gracePeriodSeconds: 2 }
`;
  await driver.write("tiltish.yaml", stubborn);
  const pidOf = (text: string) => Number(/pid (\d+)/.exec(text)?.[1]);
  const first = driver.start(["up"]);
  await expect.poll(() => first.stdout, { timeout: 15_000 }).toMatch(/│ pid \d+/);
  first.child.kill("SIGINT");
  expect(await first.ended).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(
      /^stopping 1 process; once more kills\nstill stopping: stubborn \(pid \d+\)\n/,
    ),
  });
  const second = driver.start(["up"]);
  await expect.poll(() => second.stdout, { timeout: 15_000 }).toMatch(/│ pid \d+/);
  second.child.kill("SIGINT");
  await expect.poll(() => second.stderr).toContain("once more kills");
  second.child.kill("SIGINT");
  expect(await second.ended).toMatchObject({ code: 130, stderr: expect.stringContaining("killed; ") });
  await expect.poll(() => isThere(pidOf(second.stdout))).toBe(false);
});
