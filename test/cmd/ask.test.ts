import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { inputsOf } from "../../cmd/ask/inputs.ts";
import { verdictOn } from "../../cmd/ask/verdict.ts";
import { sleeper, test, type Driver } from "./driver.ts";

const resource = (name: string, spec: string, labels = "") => `apiVersion: tiltish.dev/v1alpha1
kind: LocalResource
metadata:
  name: ${name}
  labels: {${labels}}
spec:
${spec}`;
const sh = (script: string) => `[sh, -c, ${JSON.stringify(script)}]`;
const API = resource(
  "api",
  `  buildTemplate: { argv: ${sh("test -f broken && exit 3; echo $WHO >> built")} }
  serveTemplate: { argv: ${sh("echo $WHO >> served; exec sleep 1000")} }
`,
  "tier: back",
);

async function serve(driver: Driver, ...manifests: string[]): Promise<void> {
  await driver.serve();
  await driver.write("all.yaml", manifests.join("\n---\n"));
  await driver.run(["apply", "-f", "all.yaml"]);
}

const ready = (driver: Driver, name: string) =>
  driver.run(["wait", name, "--for=condition=Ready", "--timeout=10s"]);
const linesOf = async (driver: Driver, file: string) =>
  (await readFile(driver.path(file), "utf8").catch(() => "")).split("\n").length - 1;

test("trigger --wait builds and serves again with its inputs, which nobody sees", async ({ driver }) => {
  await serve(driver, API);
  await ready(driver, "lr/api");
  expect(await driver.run(["trigger", "api", "--env", "WHO=s3cret", "--wait"])).toEqual({
    code: 0,
    stdout: "localresource.tiltish.dev/api triggered\nlocalresource.tiltish.dev/api is ready\n",
    stderr: "",
  });
  expect(await readFile(driver.path("built"), "utf8")).toBe("\ns3cret\n");
  expect(await readFile(driver.path("served"), "utf8")).toBe("\ns3cret\n");
  for (const words of [["why", "api"], ["why", "api", "-o", "json"], ["events"]]) {
    expect((await driver.run(words)).stdout).not.toContain("s3cret");
  }
});

test("trigger --wait fails with what the build wrote, and is late with what it waits for", async ({
  driver,
}) => {
  const web = resource(
    "web",
    "  dependsOn: [{ kind: LocalResource, name: gone }]\n  buildTemplate: { argv: [make] }\n",
  );
  await serve(driver, API, web);
  await ready(driver, "lr/api");
  await driver.write("broken", "");
  const failed = await driver.run(["trigger", "api", "--wait"]);
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("exited with code 3") as string });
  const late = await driver.run(["trigger", "web", "--wait", "--timeout=1s"]);
  expect(late).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("waits for LocalResource/gone") as string,
  });
});

test("stop, start and restart do so, and say what there is to do", async ({ driver }) => {
  await serve(driver, API);
  await ready(driver, "lr/api");
  const name = "localresource.tiltish.dev/api";
  expect(await driver.run(["start", "api"])).toMatchObject({ code: 0, stdout: `${name} runs already\n` });
  expect((await driver.run(["stop", "api", "--wait"])).stdout).toBe(
    `${name} is being stopped\n${name} is stopped\n`,
  );
  expect((await driver.run(["get", "lp/api-serve", "-o", "jsonpath={.status.state}"])).stdout).toBe(
    "Waiting",
  );
  expect((await driver.run(["start", "api", "--wait"])).stdout).toBe(`${name} started\n${name} is ready\n`);
  expect((await driver.run(["restart", "api", "--wait"])).stdout).toBe(
    `${name} restarted\n${name} is ready\n`,
  );
  expect([await linesOf(driver, "built"), await linesOf(driver, "served")]).toEqual([1, 3]);
  expect((await driver.run(["cancel", "api"])).stdout).toBe(`${name} has no build to cancel\n`);
});

test("cancel ends a build; a selector and --all reach what stands by itself", async ({ driver }) => {
  const slow = resource("slow", "  buildTemplate: { argv: [sleep, '1000'] }\n", "tier: back");
  await serve(driver, API, slow, sleeper("worker"));
  await ready(driver, "lp/worker");
  await expect
    .poll(async () => (await driver.run(["get", "lr/slow", "-o", "jsonpath={.status.state}"])).stdout)
    .toBe("Building");
  expect(await driver.run(["cancel", "slow", "--wait"])).toMatchObject({ code: 0 });
  expect((await driver.run(["get", "lr/slow", "-o", "wide"])).stdout).toContain("canceled by hand");
  const stopped = await driver.run(["stop", "-l", "tier=back"]);
  expect(stopped.stdout.match(/\/\w+/g)).toEqual(["/api", "/slow"]);
  const all = await driver.run(["restart", "--all"]);
  expect(all.stdout.match(/\/\w+/g)).toEqual(["/api", "/slow", "/worker"]);
});

test("disable and enable set spec.disabled; what is disabled is asked for nothing", async ({ driver }) => {
  await serve(driver, API, sleeper("worker"));
  await ready(driver, "lr/api");
  expect((await driver.run(["disable", "api", "worker"])).stdout).toBe(
    "localresource.tiltish.dev/api disabled\nlocalprocess.tiltish.dev/worker disabled\n",
  );
  expect((await driver.run(["disable", "api"])).stdout).toContain("is disabled already");
  for (const command of ["trigger", "start", "restart"]) {
    expect(await driver.run([command, "api"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "error: LocalResource/api is disabled; enable it first: tiltish enable api\n",
    });
  }
  expect(await driver.run(["trigger", "api", "worker", "--wait"])).toMatchObject({ code: 1 });
  expect((await driver.run(["enable", "api"])).stdout).toBe("localresource.tiltish.dev/api enabled\n");
  await ready(driver, "lr/api");
  expect(await driver.run(["disable", "api-serve"])).toMatchObject({
    code: 1,
    stderr: "error: LocalProcess/api-serve does what LocalResource/api says: tiltish disable api\n",
  });
});

test("a wrong name is answered with the right one, and a call that says too little or too much with what is missing", async ({
  driver,
}) => {
  await serve(driver, API);
  expect(await driver.run(["restart", "apo"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did you mean "api"?') as string,
  });
  for (const words of [["stop"], ["stop", "api", "--all"], ["stop", "--all", "-l", "a=b"]]) {
    expect(await driver.run(words)).toMatchObject({ code: 2, stdout: "" });
  }
  expect(await driver.run(["stop", "-l", "tier=front"])).toMatchObject({
    code: 1,
    stderr: "error: there is nothing with the labels tier=front in namespace default\n",
  });
  expect(await driver.run(["trigger", "api", "--env", "A-B=s3cret"])).toMatchObject({
    code: 2,
    stderr: expect.not.stringContaining("s3cret") as string,
  });
  expect((await driver.run(["__complete", "restart", "a"])).stdout).toContain("api\tLocalResource");
});

test("--env takes KEY=VALUE, or the value that a variable has here", () => {
  expect(inputsOf(["A=1", "B=x=y", "C="], {})).toEqual({ A: "1", B: "x=y", C: "" });
  expect(inputsOf(["HERE"], { HERE: "value" })).toEqual({ HERE: "value" });
  expect(inputsOf([], {})).toBeUndefined();
  expect(() => inputsOf(["GONE"], {})).toThrow("--env GONE");
  expect(() => inputsOf(["=s3cret"], {})).toThrow(/^(?!.*s3cret)/);
});

test("a request is served when its job has ended or its server is ready, and not by what was there before", () => {
  const time = "2026-01-01T00:00:05.000000Z";
  const value = JSON.stringify({ type: "Trigger", time });
  const object = (kind: string, spec: object, status: object, observed = value) => ({
    apiVersion: "tiltish.dev/v1alpha1",
    kind,
    metadata: { name: "x", annotations: { "tiltish.dev/trigger": value } },
    spec,
    status: { observedTrigger: observed, conditions: [{ type: "Ready", status: "True" }], ...status },
  });
  const [before, after] = ["2026-01-01T00:00:01Z", "2026-01-01T00:00:09Z"];
  const served = (startTime: string) =>
    object("LocalResource", { serveTemplate: {} }, { serve: { startTime } });
  expect(verdictOn(served(before), value)).toBeUndefined();
  expect(verdictOn(served(after), value)).toEqual({ ok: true, text: "is ready" });
  expect(verdictOn(object("LocalProcess", {}, { state: "Running" }), value)).toBeUndefined();
  expect(verdictOn(object("LocalProcess", { daemon: true }, { state: "Running" }), value)?.ok).toBe(true);
  expect(verdictOn(object("LocalProcess", {}, { state: "Failed" }), value)?.ok).toBe(false);
  expect(verdictOn(object("LocalProcess", {}, {}, "other"), value)).toBeUndefined();
  const superseded = object("LocalProcess", {}, {}, "other");
  superseded.metadata.annotations["tiltish.dev/trigger"] = "newer";
  expect(verdictOn(superseded, value)).toMatchObject({ ok: false });
});
