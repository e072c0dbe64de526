import { chmod, utimes } from "node:fs/promises";
import { delimiter } from "node:path";
import { expect } from "vitest";
import { test, type Driver } from "./driver.ts";

interface Finding {
  name: string;
  verdict: string;
  message: string;
  fix?: string;
}

async function doctor(
  driver: Driver,
): Promise<{ code: number | null; of: (name: string) => Finding | undefined }> {
  const { code, stdout } = await driver.run(["doctor", "-o", "json"]);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { code, of: (name) => findings.find((finding) => finding.name === name) };
}

/** Programs that say what they are told to, before all others. */
async function install(driver: Driver, programs: Record<string, string>): Promise<void> {
  for (const [name, script] of Object.entries(programs)) {
    await driver.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    await chmod(driver.path(`bin/${name}`), 0o755);
  }
  driver.env["PATH"] = [driver.path("bin"), process.env["PATH"]].join(delimiter);
}

test("doctor has a line for everything that is known to get in the way", async ({ driver }) => {
  const { stdout, code } = await driver.run(["doctor"]);
  for (const name of [
    "node",
    "npm",
    "session directories",
    "state directory",
    "project files",
    "inotify watches",
    "inotify instances",
    "open files",
    "processes",
    "ports",
    "clock",
    "WSL",
    "server",
    "leftover processes",
    "kubectl",
    "containers",
    "buildkit",
    "cf",
    "ssh",
    "rsync",
  ]) {
    expect(stdout).toMatch(new RegExp(`^(ok|warn) +${name} {2}`, "m"));
  }
  expect(code).toBe(0);
});

test("doctor asks the programs that are there: docker, cf and its target", async ({ driver }) => {
  const target = "printf 'API endpoint:   https://api.x\\nuser:   me\\norg:    shop\\nspace:  dev\\n'";
  await install(driver, {
    docker: 'case $1 in buildx) echo "buildx v0.1";; *) echo 27.1;; esac',
    cf: `case $1 in version) echo "cf version 8.7";; *) ${target};; esac`,
  });
  const well = await doctor(driver);
  expect(well.of("containers")).toMatchObject({ verdict: "ok", message: "docker 27.1" });
  expect(well.of("buildkit")).toMatchObject({ verdict: "ok", message: "buildx v0.1" });
  expect(well.of("cf")).toMatchObject({ message: "cf version 8.7, org shop, space dev at https://api.x" });
  await install(driver, {
    docker: 'echo "Cannot connect to the Docker daemon" >&2; exit 1',
    podman: "exit 1",
    cf: 'case $1 in version) echo "cf version 8.7";; *) echo "Not logged in." >&2; exit 1;; esac',
  });
  const ill = await doctor(driver);
  expect(ill.of("containers")).toMatchObject({
    verdict: "warn",
    message: expect.stringContaining("Cannot connect"),
  });
  expect(ill.of("cf")).toMatchObject({
    verdict: "warn",
    fix: "cf login",
    message: expect.stringContaining("Not logged in."),
  });
  expect(ill.code).toBe(0);
});

test("doctor tells of files from the future, and fails where no state can be written", async ({ driver }) => {
  await driver.write("ahead.txt", "");
  const later = new Date(Date.now() + 3_600_000);
  await utimes(driver.path("ahead.txt"), later, later);
  expect((await doctor(driver)).of("clock")).toMatchObject({
    verdict: "warn",
    message: expect.stringMatching(/^ahead\.txt was changed (59m5\ds|1h) from now$/),
  });
  driver.env["XDG_STATE_HOME"] = driver.path("ahead.txt");
  const { code, of } = await doctor(driver);
  expect(of("session directories")).toMatchObject({
    verdict: "fail",
    fix: expect.stringContaining("XDG_STATE_HOME"),
  });
  expect(code).toBe(1);
});
