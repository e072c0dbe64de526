import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { isAlive, probeOf, sh, specOf, test } from "./engine.ts";

describe("a run", () => {
  test("CMD-3 has its directory, a pid and a start, and is ready because nothing asks it", async ({
    engine,
  }) => {
    mkdirSync(join(engine.directory, "sub"));
    const web = engine.run({ argv: sh("pwd; exec sleep 60"), dir: "sub" });
    await expect.poll(() => web.observation).toMatchObject({ state: "Running", ready: true, run: 1 });
    expect(isAlive(web.observation.pid!)).toBe(true);
    expect(Date.parse(web.observation.startTime!)).toBeGreaterThan(Date.now() - 10_000);
    await expect.poll(() => engine.log()).toBe(`${engine.directory}/sub\n`);
  });

  test("CMD-6 that exits with 5 has failed, and its log says so", async ({ engine }) => {
    const web = engine.run({ argv: sh("echo out; echo err >&2; exit 5") });
    await expect.poll(() => web.observation).toMatchObject({ state: "Failed", exitCode: 5, ready: false });
    expect(web.observation).toMatchObject({ message: "exited with code 5", pid: undefined });
    expect(await engine.log()).toBe("out\nerr\n[tiltish] exited with code 5\n");
    expect(engine.events.map(({ reason }) => reason)).toEqual(["Started", "Exited"]);
  });

  test("that exits with 0 has succeeded, and its log holds its own words alone", async ({ engine }) => {
    const web = engine.run({ argv: ["echo", "hi"] });
    await expect.poll(() => web.observation).toMatchObject({ state: "Succeeded", exitCode: 0 });
    expect(await engine.log()).toBe("hi\n");
  });

  test("succeeds with the exit codes that its spec names", async ({ engine }) => {
    const web = engine.run({ argv: sh("exit 3"), successExitCodes: [0, 3] });
    await expect.poll(() => web.observation).toMatchObject({ state: "Succeeded", exitCode: 3 });
  });

  test("may open its own output by name, and knows where it is", async ({ engine }) => {
    const web = engine.run({
      argv: sh("echo out > /dev/stdout; echo err > /dev/stderr; printenv PWD"),
      dir: "/usr",
    });
    await expect.poll(() => web.observation.state).toBe("Succeeded");
    expect((await engine.log()).split("\n").toSorted()).toEqual(["", "/usr", "err", "out"]);
  });

  test("that is killed by somebody names the signal", async ({ engine }) => {
    const web = engine.run({ argv: sh("kill -9 $$") });
    await expect.poll(() => web.observation).toMatchObject({ state: "Failed", signal: "SIGKILL" });
  });

  test("that takes longer than its timeout is ended and has failed", async ({ engine }) => {
    const web = engine.run({ argv: ["sleep", "60"], timeout: "100ms" });
    await expect.poll(() => web.observation).toMatchObject({ state: "Failed", signal: "SIGTERM" });
    expect(web.observation.message).toContain("took longer than");
  });

  test("gets the inherited environment, over it its own, the mark and the trace", async ({ engine }) => {
    process.env["TILTISH_TOKEN"] = "secret";
    const web = engine.process();
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const spec = specOf({
      argv: sh('echo "$A|$HOME|$TILTISH_OWNER|$TRACEPARENT|$TILTISH_TOKEN"'),
      env: { A: "1" },
    });
    web.run({ spec, root: "/", cause: { type: "Created", time: "", traceparent } });
    await expect.poll(() => web.observation.state).toBe("Succeeded");
    const { HOME } = process.env;
    expect(await engine.log()).toBe(`1|${HOME}|${engine.storeId}/uid-web|${traceparent}|\n`);
    delete process.env["TILTISH_TOKEN"];
  });

  test("can do without the inherited environment", async ({ engine }) => {
    const web = engine.run({ argv: ["/usr/bin/env"], inheritEnv: false, env: { A: "1" } });
    await expect.poll(() => web.observation.state).toBe("Succeeded");
    expect((await engine.log()).split("\n").map((line) => line.split("=")[0])).toEqual([
      "A",
      "TILTISH_OWNER",
      "",
    ]);
  });

  test("gets the ports that were chosen for it, and the same ones again", async ({ engine }) => {
    const ports = [
      { name: "web", port: 0 },
      { name: "debug", port: 0 },
      { name: "fixed", port: 4711 },
    ];
    const spec = { argv: sh('echo "$(port:web) $(port:fixed) $D"'), env: { D: "$(port:debug)" }, ports };
    const web = engine.run(spec);
    await expect.poll(() => web.observation.state).toBe("Succeeded");
    const chosen = web.observation.ports!;
    expect(chosen).toEqual({ web: expect.any(Number), debug: expect.any(Number), fixed: 4711 });
    expect(new Set(Object.values(chosen)).size).toBe(3);
    expect(await engine.log()).toBe(`${chosen["web"]} 4711 ${chosen["debug"]}\n`);
    engine.run(spec);
    await expect.poll(() => web.observation).toMatchObject({ state: "Succeeded", run: 2, ports: chosen });
  });
});

describe("CMD-19 what cannot be started ends with an error that says why:", () => {
  const cases: [string, { argv: string[]; dir?: string; env?: Record<string, string> }, RegExp, number][] = [
    [
      "a program that is not in PATH",
      { argv: ["no-such"] },
      /"no-such" was not found \(looked in \d+ directories of PATH\)/,
      127,
    ],
    ["a command line in one word", { argv: ["npm start"] }, /one entry for each word/, 127],
    ["a file that is not there", { argv: ["./no-such"] }, /no-such" does not exist/, 127],
    [
      "a directory that is not there",
      { argv: ["true"], dir: "gone" },
      /directory ".*\/gone" does not exist/,
      1,
    ],
    ["a directory that is a file", { argv: ["true"], dir: "file" }, /file" is not a directory/, 1],
    ["a file that is not executable", { argv: ["./file"] }, /may not be executed: try chmod/, 126],
    ["a missing interpreter", { argv: ["./script"] }, /its interpreter "\/no\/such" is not/, 127],
    ["a directory", { argv: ["./"] }, /is a directory, not a program/, 126],
    [
      "an argument that is too long",
      { argv: ["true", "x".repeat(3_000_000)] },
      /too long for this system/,
      126,
    ],
    ["a NUL in an argument", { argv: ["true", "a\0b"] }, /NUL/, 1],
    ["a NUL in the environment", { argv: ["true"], env: { A: "a\0b" } }, /NUL/, 1],
    ["nothing at all", { argv: [] }, /argv is empty/, 1],
  ];
  for (const [what, spec, message, exitCode] of cases) {
    test(what, async ({ engine }) => {
      writeFileSync(join(engine.directory, "file"), "");
      writeFileSync(join(engine.directory, "script"), "#!/no/such\n", { mode: 0o755 });
      const web = engine.run(spec);
      await expect.poll(() => web.observation).toMatchObject({ state: "Failed", exitCode, pid: undefined });
      expect(web.observation.message).toMatch(message);
      expect(await engine.log()).toMatch(message);
      expect(engine.events.map(({ reason }) => reason)).toEqual(["FailedToStart"]);
    });
  }

  test("CMD-5 a probe at port 70000; neither program nor probe is run", async ({ engine }) => {
    const readinessProbe = probeOf({
      httpGet: { port: 70_000, host: "localhost", path: "/", scheme: "HTTP" },
    });
    const web = engine.run({ argv: ["touch", "ran"], readinessProbe });
    await expect.poll(() => web.observation).toMatchObject({ state: "Failed", exitCode: 1 });
    expect(await engine.log()).toMatch(/70000/);
    expect(engine.events.map(({ reason }) => reason)).toEqual(["FailedToStart"]);
  });
});
