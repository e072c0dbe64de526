import { expect } from "vitest";
import { sleeper, test } from "./driver.ts";

test("without a server every command says how to get one, and exits with 3", async ({ driver }) => {
  const { code, stderr } = await driver.run(["get", "lp"]);
  expect(stderr).toBe("no session for this folder. Start one with tiltish up\n");
  expect(code).toBe(3);
});

test("wrong usage exits with 2 and proposes what was meant", async ({ driver }) => {
  for (const [args, message] of [
    [["gett", "lp"], 'unknown command "gett", did you mean "get"?'],
    [["get", "--wach"], 'unknown option --wach, did you mean "--watch"?'],
    [["wait", "lp/x"], "wait for what?"],
    [["down", "api"], 'unexpected "api": tiltish down takes options only'],
    [["serve", "--max-history", "0"], "--max-history is 1 or more, not 0"],
    [["version", "--", "x"], 'unexpected "x"'],
    [["apply"], "no session"],
  ] as const) {
    const outcome = await driver.run(args);
    expect(outcome.stderr).toContain(message);
    expect(outcome.stdout).toBe("");
    expect(outcome.code).toBe(args[0] === "apply" ? 3 : 2);
  }
});

test("help is data when asked for, and chatter when not", async ({ driver }) => {
  expect(await driver.run(["--help"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("The loop:"),
  });
  expect(await driver.run([])).toMatchObject({ code: 2, stdout: "" });
  const help = await driver.run(["get", "--help"]);
  expect(help.stdout).toContain("tiltish get lp,lr -w");
  expect(help.stdout.split("\n").length).toBeLessThanOrEqual(41);
});

test("objects are applied, shown, changed and deleted as with kubectl", async ({ driver }) => {
  await driver.serve();
  await driver.write("web.yaml", sleeper("web"));
  const apply = ["apply", "-f", "web.yaml"];
  expect(await driver.run(apply)).toMatchObject({
    stdout: "localprocess.tiltish.dev/web created\n",
    code: 0,
  });
  expect(await driver.run(apply)).toMatchObject({ stdout: "localprocess.tiltish.dev/web unchanged\n" });
  await driver.write("web.yaml", sleeper("web", "  env: { A: b }\n"));
  expect(await driver.run([...apply, "--dry-run=server"])).toMatchObject({
    stdout: "localprocess.tiltish.dev/web configured (server dry run)\n",
  });
  expect(await driver.run(apply)).toMatchObject({ stdout: "localprocess.tiltish.dev/web configured\n" });

  await expect
    .poll(async () => (await driver.run(["get", "lp/web", "-o", "jsonpath={.status.state}"])).stdout)
    .toBe("Running");
  const table = await driver.run(["get", "lp"]);
  expect(table.stdout).toMatch(/^NAME +STATE +PID +READY +EXIT +RESTARTS +AGE\nweb +Running +\d+ /);
  expect((await driver.run(["get", "lp,lr", "-o", "name"])).stdout).toBe("localprocess.tiltish.dev/web\n");
  expect((await driver.run(["get", "lp", "web", "-o", "yaml"])).stdout).toContain("  env:\n    A: b\n");
  const columns = ["get", "lp", "-o", "custom-columns=N:.metadata.name,E:.spec.env.A"];
  expect((await driver.run(columns)).stdout).toBe("N     E\nweb   b\n");

  expect((await driver.run(["label", "lp", "web", "tier=front"])).stdout).toBe(
    "localprocess.tiltish.dev/web labeled\n",
  );
  expect((await driver.run(["get", "lp", "-l", "tier=front", "--no-headers", "-L", "tier"])).stdout).toMatch(
    /^web .*front\n$/,
  );
  expect(await driver.run(["label", "lp", "web", "tier=back"])).toMatchObject({ code: 1 });
  const patch = ["patch", "lp", "web", "--type=merge", "-p", '{"spec":{"disabled":true}}'];
  expect((await driver.run(patch)).stdout).toBe("localprocess.tiltish.dev/web patched\n");

  const deleted = await driver.run(["delete", "-f", "web.yaml"]);
  expect(deleted).toMatchObject({ stdout: 'localprocess.tiltish.dev "web" deleted\n', code: 0 });
  expect(await driver.run(["get", "lp"])).toMatchObject({
    stdout: "",
    stderr: "No resources found in default namespace.\n",
    code: 0,
  });
});

test("what is not there exits with 1, or with 0 where that is fine", async ({ driver }) => {
  await driver.serve();
  const message = 'Error from server (NotFound): localprocesses.tiltish.dev "nope" not found\n';
  expect(await driver.run(["get", "lp", "nope"])).toEqual({ stdout: "", stderr: message, code: 1 });
  expect(await driver.run(["get", "lp", "nope", "--ignore-not-found"])).toMatchObject({
    code: 0,
    stderr: "",
  });
  expect(await driver.run(["delete", "lp", "nope"])).toMatchObject({ stderr: message, code: 1 });
  const unknown = await driver.run(["get", "localproces"]);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "localprocess"?') });
});

test("every mistake in a file is told with file, line, column and field, and nothing is half done", async ({
  driver,
}) => {
  await driver.serve();
  await driver.write("bad.yaml", sleeper("bad", "  enviroment: {}\n  stop:\n    signal: SIGFOO\n"));
  expect(await driver.run(["apply", "-f", "bad.yaml"])).toEqual({
    stdout: "",
    stderr: expect.stringMatching(
      /^bad\.yaml:7:3 spec\.enviroment: unknown field, did you mean "env"\?\nbad\.yaml:9:5 spec\.stop\.signal: Unsupported value: "SIGFOO"/,
    ) as string,
    code: 2,
  });
  await driver.write("kind.yaml", sleeper("x").replace("LocalProcess", "LocalProces"));
  expect(await driver.run(["apply", "-f", "kind.yaml"])).toMatchObject({
    stderr: 'kind.yaml:2:1 kind: there is no kind "LocalProces", did you mean "LocalProcess"?\n',
    code: 2,
  });
  await driver.write("twice.yaml", `${sleeper("x")}---\n${sleeper("x")}`);
  expect(await driver.run(["apply", "-f", "twice.yaml"])).toMatchObject({
    stderr: 'twice.yaml:11:3 metadata.name: LocalProcess "x" is already in twice.yaml:4\n',
    code: 2,
  });
  expect(await driver.run(["apply", "-f", "nothing.yaml"])).toMatchObject({
    stderr: 'error: the path "nothing.yaml" does not exist\n',
    code: 2,
  });
  expect((await driver.run(["get", "lp", "-o", "name"])).stdout).toBe("");
});

test("diff shows what apply would change, and edit sends what was edited", async ({ driver }) => {
  await driver.serve();
  await driver.write("web.yaml", sleeper("web", "  env: { A: one }\n"));
  const missing = await driver.run(["diff", "-f", "web.yaml"]);
  expect(missing).toMatchObject({ code: 1, stdout: expect.stringContaining("+    A: one") });
  await driver.run(["apply", "-f", "web.yaml"]);
  expect(await driver.run(["diff", "-f", "web.yaml"])).toMatchObject({ code: 0, stdout: "" });
  driver.env["EDITOR"] = "sed -i s/one$/two/";
  expect(await driver.run(["edit", "lp", "web"])).toMatchObject({
    stdout: "localprocess.tiltish.dev/web edited\n",
    code: 0,
  });
  expect((await driver.run(["get", "lp/web", "-o", "jsonpath={.spec.env.A}"])).stdout).toBe("two");
  driver.env["EDITOR"] = "sed -i s/env:/evn:/";
  const refused = await driver.run(["edit", "lp", "web"]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "env"?') });
  expect(refused.stderr).toContain("your text is kept in");
});

test("get -w goes on over a restart of the server", async ({ driver }) => {
  const first = await driver.serve();
  const map = (name: string) => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"}}`;
  await driver.run(["apply", "-f", "-"], { input: map("before") });
  const watch = driver.start(["get", "cm", "-w"]);
  await expect.poll(() => watch.stdout).toContain("before");
  first.child.kill("SIGTERM");
  await first.ended;
  await driver.serve();
  await driver.run(["apply", "-f", "-"], { input: map("after") });
  await expect.poll(() => watch.stdout, { timeout: 5_000 }).toMatch(/before .*\nafter /);
  expect(watch.stderr).toBe(
    "the server is gone; waiting up to 60s for it to come back\nthe server is back\n",
  );
  watch.child.kill("SIGINT");
});

test("wait tells when it is as wanted, and why it is not yet", async ({ driver }) => {
  await driver.serve();
  expect(await driver.run(["apply", "-f", "-"], { input: sleeper("web") })).toMatchObject({ code: 0 });
  const ready = ["wait", "lp/web", "--for=condition=Ready", "--timeout=10s"];
  expect(await driver.run(ready)).toMatchObject({
    stdout: "localprocess.tiltish.dev/web condition met\n",
    code: 0,
  });
  const path = "--for=jsonpath={.status.state}=Succeeded";
  expect(await driver.run(["wait", "lp/web", path, "--timeout=100ms"])).toMatchObject({
    stderr: expect.stringContaining("it is Running"),
    code: 4,
  });
  const gone = driver.start(["wait", "lp/web", "--for=delete", "--timeout=10s"]);
  await driver.run(["delete", "lp", "web"]);
  expect(await gone.ended).toMatchObject({ stdout: "localprocess.tiltish.dev/web deleted\n", code: 0 });
});

test("get -w shows every change, of several kinds too", async ({ driver }) => {
  await driver.serve();
  const watch = driver.start(["get", "lp,fw", "-w", "--output-watch-events"]);
  await expect.poll(() => watch.stderr).toContain("No resources found");
  await driver.run(["apply", "-f", "-"], { input: sleeper("web") });
  await expect
    .poll(() => watch.stdout, { timeout: 5_000 })
    .toMatch(/MODIFIED +localprocess.tiltish.dev\/web +Running/);
  expect(watch.stdout).toMatch(/^EVENT +NAME +STATE/);
  await driver.run(["delete", "lp", "web"]);
  await expect.poll(() => watch.stdout).toMatch(/DELETED +localprocess.tiltish.dev\/web/);
  watch.child.kill("SIGINT");
});

test("logs, events, describe and why tell what a process did", async ({ driver }) => {
  await driver.serve();
  const job = sleeper("job").replace('[sleep, "1000"]', "[sh, -c, 'echo one; echo two; exit 3']");
  await driver.run(["apply", "-f", "-"], { input: job });
  await driver.run(["wait", "lp/job", "--for=jsonpath={.status.state}=Failed"]);
  expect((await driver.run(["logs", "job"])).stdout).toMatch(/^one\ntwo\n/);
  expect((await driver.run(["logs", "lp/job", "--tail=2", "--prefix"])).stdout).toMatch(/^job │ two\njob │ /);
  expect(await driver.run(["logs", "jb"])).toMatchObject({
    stderr: expect.stringContaining('did you mean "job"?'),
    code: 1,
  });
  await expect
    .poll(async () => (await driver.run(["events", "--for", "lp/job"])).stdout)
    .toContain("LocalProcess/job");
  const described = (await driver.run(["describe", "lp", "job"])).stdout;
  expect(described).toContain("Last Log Lines:\n  one\n  two\n");
  expect(described).toContain("exitCode: 3");
  const why = (await driver.run(["why", "job"])).stdout;
  expect(why).toMatch(/^job \(LocalProcess\) is Failed\.\n/);
  expect(why).toMatch(/exited with 3 after/);
  expect(JSON.parse((await driver.run(["why", "job", "-o", "json"])).stdout)).toMatchObject({
    object: "LocalProcess/job",
    state: "Failed",
  });
});

test("a trigger runs a process again", async ({ driver }) => {
  await driver.serve();
  const job = sleeper("job").replace('[sleep, "1000"]', "[sh, -c, 'echo ran']");
  await driver.run(["apply", "-f", "-"], { input: job });
  await driver.run(["wait", "lp/job", "--for=jsonpath={.status.run}=1"]);
  expect(await driver.run(["trigger", "job"])).toMatchObject({
    stderr: "",
    stdout: expect.stringContaining("localprocess.tiltish.dev/job triggered"),
    code: 0,
  });
  expect(await driver.run(["wait", "lp/job", "--for=jsonpath={.status.run}=2"])).toMatchObject({ code: 0 });
});

test("what runs nothing is not triggered, and has no log", async ({ driver }) => {
  await driver.serve();
  const watch = { apiVersion: "tiltish.dev/v1alpha1", kind: "FileWatch", metadata: { name: "src" } };
  const input = JSON.stringify({ ...watch, spec: { paths: ["src"] } });
  await driver.run(["apply", "-f", "-"], { input });
  expect(await driver.run(["trigger", "fw/src"])).toMatchObject({
    stderr:
      "error: FileWatch/src runs nothing; what can be triggered: LocalResource, LocalProcess, DockerImage, CustomImage, CFAppSync, K8sResource\n",
    code: 2,
  });
  expect(await driver.run(["logs", "fw/src"])).toMatchObject({
    stderr: "error: FileWatch/src writes no log\n",
    code: 1,
  });
  expect((await driver.run(["why", "fw/src"])).stdout).toContain("It has seen no change yet.\n");
});

test("the rest of kubectl's reading verbs work", async ({ driver }) => {
  await driver.serve();
  expect((await driver.run(["api-resources"])).stdout).toMatch(
    /localprocesses +lp +tiltish.dev\/v1alpha1 +true +LocalProcess\n/,
  );
  expect((await driver.run(["api-versions"])).stdout).toContain("tiltish.dev/v1alpha1\n");
  expect((await driver.run(["explain", "lp.spec.stop.signal"])).stdout).toContain("FIELD: signal <string>");
  expect((await driver.run(["version"])).stdout).toMatch(/Server Version: v1\./);
  expect((await driver.run(["kubeconfig"])).stdout).toMatch(/^export KUBECONFIG=.*kubeconfig'?\n$/);
  expect((await driver.run(["__complete", "get", "localp"])).stdout).toMatch(/^localprocesses\t/);
  expect((await driver.run(["__complete", "get", "lp,localp"])).stdout).toMatch(/^lp,localprocesses\t/);
  expect((await driver.run(["__complete", "get", "lp", "-o", "j"])).stdout).toBe("json\njsonpath=\n");
  const doctor = JSON.parse((await driver.run(["doctor", "-o", "json"])).stdout) as {
    findings: { name: string; verdict: string }[];
  };
  expect(doctor.findings.find(({ name }) => name === "server")?.verdict).toBe("ok");
});

test("a reader that closes early is no error", async ({ driver }) => {
  await driver.serve();
  const help = driver.start(["explain", "lr", "--recursive"]);
  help.child.stdout?.destroy();
  expect((await help.ended).stderr).toBe("");
});

test("a second server on the same state, and a taken port, are clear errors", async ({ driver }) => {
  const server = await driver.serve();
  expect(await driver.run(["serve"])).toMatchObject({
    stderr: expect.stringContaining(`in use by process ${server.child.pid}`),
    code: 1,
  });
  const port = /127\.0\.0\.1:(\d+)/.exec(server.stdout)![1]!;
  expect(await driver.run(["serve", "--state-dir", driver.path("other"), "--port", port])).toMatchObject({
    stderr: `error: port ${port} is taken; choose another one, or 0 for any, with --port\n`,
    code: 1,
  });
  server.child.kill("SIGTERM");
  expect((await server.ended).code).toBe(143);
});

test("a state directory whose path is too long for a socket works all the same", async ({ driver }) => {
  const stateDir = driver.path(`state/${"long".repeat(25)}`);
  const server = driver.start(["serve", "--state-dir", stateDir]);
  await expect.poll(() => server.stdout + server.stderr, { timeout: 15_000 }).toContain("tiltish serves");
  expect(await driver.run(["get", "ns", "-o", "name", "--state-dir", stateDir])).toMatchObject({
    stdout: expect.stringContaining("namespace/default"),
    code: 0,
  });
});
