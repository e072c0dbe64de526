import { expect, test as plain } from "vitest";
import { waterfallOf } from "../../cmd/trace/waterfall.ts";
import type { Trace } from "../../controllers/trace/index.ts";
import { test } from "./driver.ts";

const API = `apiVersion: tiltish.dev/v1alpha1
kind: LocalResource
metadata: { name: api }
spec:
  buildTemplate: { argv: [sh, -c, "test -f broken && exit 3; true"] }
  serveTemplate: { argv: [sleep, "1000"] }
`;

test("trace lists what has run, and shows each by its id or by the name of what ran", async ({ driver }) => {
  await driver.serve();
  expect(await driver.run(["trace"])).toMatchObject({
    code: 0,
    stderr: "No traces in namespace default yet: nothing has run.\n",
  });
  await driver.write("api.yaml", API);
  await driver.run(["apply", "-f", "api.yaml"]);
  await driver.run(["wait", "lr/api", "--for=condition=Ready", "--timeout=10s"]);
  await driver.run(["trigger", "api", "--wait"]);
  await driver.write("broken", "");
  await driver.run(["trigger", "api", "--wait"]);
  const list = async () => (await driver.run(["trace"])).stdout.trim().split("\n");
  await expect.poll(async () => (await list()).length).toBe(4);
  const rows = await list();
  expect(rows[0]).toMatch(/^ID +AGE +OBJECT +OUTCOME +CAUSE$/);
  expect(rows[1]).toMatch(/LocalResource\/api +ready after .* +it is new$/);
  expect(rows[3]).toMatch(/LocalResource\/api +failed after .* +triggered by hand$/);

  const [id = ""] = rows[2]!.split(" ");
  const byId = await driver.run(["trace", id]);
  expect(byId.stdout).toMatch(/^trace [0-9a-f]{32}\n\ntriggered by hand → LocalResource\/api ready after/);
  for (const step of ["trigger", "queue", "build", "stop", "start", "ready"])
    expect(byId.stdout).toContain(` ${step} `);
  expect((await driver.run(["trace", "api"])).stdout).toContain("✖ exited with code 3");
  const [json] = JSON.parse((await driver.run(["trace", id, "-o", "json"])).stdout) as Trace[];
  expect(json).toMatchObject({ outcome: "ready", object: "LocalResource/api" });
  expect(await driver.run(["trace", "nobody"])).toMatchObject({
    code: 1,
    stderr: 'error: no trace "nobody" in namespace default; tiltish trace lists those that there are\n',
  });
});

plain("a waterfall has a bar for each step, in the order of time, and says what still goes on", () => {
  const time = (ms: number) => `2026-01-01T00:00:00.${String(ms).padStart(3, "0")}000Z`;
  const step = (name: string, from: number, to?: number) => ({
    name,
    object: `LocalProcess/${name}`,
    spanId: name,
    parentId: "save",
    startTime: time(from),
    ...(to !== undefined && { endTime: time(to) }),
  });
  const trace: Trace = {
    traceId: "a".repeat(32),
    namespace: "default",
    object: "LocalResource/api",
    type: "FileChange",
    why: "src/a.ts changed",
    outcome: "running",
    startTime: time(0),
    steps: [step("save", 0), step("start", 50), { ...step("build", 0, 50), error: "oh" }],
  };
  const lines = waterfallOf(trace, Date.parse(time(100)));
  expect(lines[0]).toBe("src/a.ts changed → LocalResource/api running for 100ms");
  expect(lines.slice(1).map((line) => line.replace(/^ +\S+ +/, "").trimEnd())).toEqual([
    `save       100ms…  ${"▇".repeat(32)}  LocalProcess/save`,
    `build        50ms  ${"▇".repeat(16)}${" ".repeat(16)}  LocalProcess/build`,
    "oh",
    `start       50ms…  ${" ".repeat(16)}${"▇".repeat(16)}  LocalProcess/start`,
  ]);
});
