import { expect, test } from "vitest";
import type { KubeObject } from "../../../apis/meta.ts";
import {
  backOff,
  broken,
  BUILD,
  building,
  built,
  failed,
  JOB,
  look,
  looks,
  MINUTE,
  neverAsked,
  process,
  resource,
  running,
  SECOND,
  SERVE,
  SERVER,
  serving,
  START,
  succeeded,
  sync,
  waiting,
} from "./scene.ts";

test("CI-2: what cannot be started fails whoever needs it, and is named; a disabled one that needs it does not", () => {
  const message = 'program "pnpm" was not found (looked in 9 directories)';
  const missing = { state: "Failed", message };
  expect(look([process("tool", JOB, missing)])).toMatchObject({
    result: "failed",
    message: `tool: ${message}`,
  });
  const again = { ...missing, state: "BackOff", exitCode: 127 };
  expect(look([process("db", SERVER, again)])).toMatchObject({ result: "failed", message: `db: ${message}` });
  expect(look([resource("api", SERVE, serving(false, { state: "BackOff" }))])).toMatchObject({
    result: "running",
  });
  expect(look([process("tool", { ...JOB, disabled: true }, missing)])).toMatchObject({ result: "succeeded" });
});

test("CI-3: of two builds the first that fails ends it, with what it wrote", () => {
  const verdict = look([resource("web", BUILD, building), resource("api", BUILD, broken())]);
  expect(verdict).toMatchObject({ result: "failed", message: "api:build: exited with code 3" });
  expect(verdict.culprits).toMatchObject([{ name: "api:build", details: ["src/a.ts:1: wrong"] }]);
  expect(verdict.nextMs).toBeUndefined();
});

test("CI-4: a server that has ended for good fails it, with resource, process and cause", () => {
  const died = serving(false, { state: "Failed" });
  const child = process("api-serve", {}, { ...failed, message: "ended by SIGSEGV" });
  child.metadata.ownerReferences = [
    { apiVersion: "tiltish.dev/v1alpha1", kind: "LocalResource", name: "api", uid: "u", controller: true },
  ];
  expect(look([resource("api", { ...BUILD, ...SERVE }, died), child])).toMatchObject({
    result: "failed",
    message: "api:serve: ended by SIGSEGV",
  });
  expect(look([process("db", SERVER, failed)])).toMatchObject({
    result: "failed",
    message: "db: exited with code 1",
  });
});

test("CI-5: with a grace of 1 minute a failure is borne at 50 s, and fatal at 70 s", () => {
  const objects = [resource("api", BUILD, broken())];
  const terms = { graceMs: MINUTE };
  expect(
    looks(
      [
        [0, objects],
        [50 * SECOND, objects],
      ],
      terms,
    ),
  ).toMatchObject({ result: "running" });
  expect(
    looks(
      [
        [0, objects],
        [50 * SECOND, objects],
        [70 * SECOND, objects],
      ],
      terms,
    ),
  ).toMatchObject({
    result: "failed",
    message: "longer than the grace of 1m: api:build: exited with code 3",
  });
  const mended = [resource("api", BUILD, built)];
  expect(
    looks(
      [
        [0, objects],
        [50 * SECOND, mended],
        [70 * SECOND, mended],
      ],
      terms,
    ),
  ).toMatchObject({
    result: "succeeded",
  });
});

test("CI-5: what fails, mends and fails again has its grace anew", () => {
  const bad = [process("job", JOB, failed), process("other", JOB, running(true))];
  const good = [process("job", JOB, succeeded), process("other", JOB, running(true))];
  const story = [
    [0, bad],
    [30 * SECOND, good],
    [40 * SECOND, bad],
    [90 * SECOND, bad],
  ] as const;
  expect(looks(story, { graceMs: MINUTE })).toMatchObject({ result: "running" });
  expect(looks([...story, [100 * SECOND, bad]], { graceMs: MINUTE })).toMatchObject({ result: "failed" });
});

test("CI-6: with a timeout of 1 minute it is over at 70 s, and the message says who waits for what", () => {
  const objects = [
    process("job", JOB, running(true)),
    resource("api", SERVE, { ...waiting("waits for LocalProcess/job (Completed=False)"), cause: {} }),
  ];
  const terms = { timeoutMs: MINUTE };
  expect(look(objects, { terms, ms: 50 * SECOND })).toMatchObject({ result: "running" });
  expect(look(objects, { terms, ms: 70 * SECOND })).toMatchObject({
    result: "timeout",
    message:
      "not done after 1m: job: it runs, and has not ended (a server would have daemon: true, or a probe); api:serve: waits for LocalProcess/job (Completed=False)",
  });
});

test("CI-6: who is well when the time is over is well", () => {
  const objects = [process("job", JOB, succeeded)];
  expect(look(objects, { terms: { timeoutMs: MINUTE }, ms: 70 * SECOND })).toMatchObject({
    result: "succeeded",
  });
});

test("CI-7: a crash that the restart policy mends is no failure, and ends well", () => {
  const crashed = [process("db", SERVER, backOff)];
  expect(look(crashed)).toMatchObject({ result: "running" });
  const job = [process("job", { restartPolicy: "OnFailure" }, backOff)];
  expect(look(job)).toMatchObject({ result: "running" });
  expect(
    looks([
      [2 * SECOND, crashed],
      [9 * SECOND, [process("db", SERVER, running(true))]],
    ]),
  ).toMatchObject({
    result: "succeeded",
  });
});

test("CI-8: with one of two ready it is not over; with both it is", () => {
  const ready = resource("web", SERVE, serving(true));
  expect(look([ready, resource("api", SERVE, serving(false))])).toMatchObject({ result: "running" });
  expect(look([ready, resource("api", SERVE, serving(true))])).toMatchObject({ result: "succeeded" });
});

test("CI-8: a server without a probe counts once it has run for a second, for many die before", () => {
  const objects = [process("db", { daemon: true }, running(true))];
  const early = look(objects, { ms: 400 });
  expect(early).toMatchObject({ result: "running" });
  expect(look(objects, { ms: early.nextMs! - Date.parse("2026-01-01T00:00:00Z") })).toMatchObject({
    result: "succeeded",
  });
});

test("CI-9: where readiness is ignored, a server that is not ready, or has just crashed, counts", () => {
  const terms = { ignoresReadiness: (name: string) => name === "api" };
  for (const status of [serving(false), serving(false, { state: "BackOff" })]) {
    expect(look([resource("api", SERVE, status)], { terms })).toMatchObject({ result: "succeeded" });
  }
  expect(look([resource("web", SERVE, serving(false))], { terms })).toMatchObject({ result: "running" });
  const gone = serving(false, { state: "Failed" });
  expect(look([resource("api", SERVE, gone)], { terms })).toMatchObject({ result: "failed" });
});

test("CI-10: a job counts when it is done; its process need not be there any more", () => {
  expect(look([process("job", JOB, running(true))])).toMatchObject({ result: "running" });
  expect(look([process("job", JOB, succeeded)])).toMatchObject({ result: "succeeded" });
  expect(look([resource("lib", BUILD, built)])).toMatchObject({ result: "succeeded" });
});

test("CI-11: what runs only when triggered blocks nothing, until it is triggered", () => {
  const manual = { ...BUILD, initialRun: false, triggerMode: "Manual" };
  const verdict = look([resource("tool", manual, neverAsked)]);
  expect(verdict).toMatchObject({ result: "succeeded", targets: [{ name: "tool", state: "idle" }] });
  const task = process("task", { ...JOB, initialRun: false }, waiting("runs when triggered"));
  expect(look([task])).toMatchObject({ result: "succeeded", targets: [{ name: "task", state: "idle" }] });
  expect(look([resource("tool", manual, building)])).toMatchObject({ result: "running" });
  expect(look([resource("tool", manual, broken())])).toMatchObject({ result: "failed" });
});

test("CI-11: what runs by itself needs its build, then its server", () => {
  const both = { ...BUILD, ...SERVE, triggerMode: "Manual" };
  expect(look([resource("api", both, building)])).toMatchObject({
    result: "running",
    targets: [
      { name: "api:build", state: "active" },
      { name: "api:serve", state: "waiting" },
    ],
  });
  expect(look([resource("api", both, serving(false))])).toMatchObject({ result: "running" });
  expect(look([resource("api", both, serving(true))])).toMatchObject({ result: "succeeded" });
});

test("CI-12: what is disabled is ignored, and shown as disabled", () => {
  const off = { disabled: true };
  const objects = [
    resource("web", { ...SERVE, ...off }, { state: "Disabled" }),
    process("job", { ...JOB, ...off }),
  ];
  expect(look(objects)).toMatchObject({
    result: "succeeded",
    targets: [
      { name: "web", state: "disabled" },
      { name: "job", state: "disabled" },
    ],
  });
});

test("CI-13: a server that is not ready in time ends it, with its name; a long job does not", () => {
  const server = [resource("api", SERVE, serving(false))];
  expect(
    looks([
      [0, server],
      [4 * MINUTE, server],
    ]),
  ).toMatchObject({ result: "running" });
  expect(
    looks([
      [0, server],
      [4 * MINUTE, server],
      [6 * MINUTE, server],
    ]),
  ).toMatchObject({
    result: "timeout",
    message: expect.stringMatching(/^api:serve is not ready after 5m: /),
  });
  const job = [process("job", JOB, running(true))];
  expect(
    looks([
      [0, job],
      [6 * MINUTE, job],
    ]),
  ).toMatchObject({ result: "running" });
  const local = [process("db", SERVER, running(false))];
  expect(
    looks([
      [0, local],
      [6 * MINUTE, local],
    ]),
  ).toMatchObject({ result: "timeout" });
});

test("CI-13: one that crashes again and again is not ready either, and one may have more time than the others", () => {
  const story = (name: string) => {
    const [crashed, started] = [[process(name, SERVER, backOff)], [process(name, SERVER, running(false))]];
    return [
      [0, crashed],
      [2 * MINUTE, started],
      [3 * MINUTE, crashed],
      [6 * MINUTE, started],
    ] as const;
  };
  const terms = { readinessTimeoutMs: (name: string) => (name === "slow" ? 10 : 5) * MINUTE };
  expect(looks(story("db"), terms)).toMatchObject({ result: "timeout" });
  expect(looks(story("slow"), terms)).toMatchObject({ result: "running" });
});

test("CI-13: the time that it waits for others does not count", () => {
  const blocked = [
    process("job", JOB, running(true)),
    resource("api", SERVE, { ...waiting("waits"), cause: {} }),
  ];
  expect(
    looks([
      [0, blocked],
      [10 * MINUTE, blocked],
    ]),
  ).toMatchObject({ result: "running" });
});

test("who waits for what can never be fails at once, and is told why", () => {
  const dependsOn = [{ kind: "LocalProcess", name: "db" }];
  const waits = process("api", { ...JOB, dependsOn }, waiting("waits for LocalProcess/db (it is disabled)"));
  expect(look([waits, process("db", { disabled: true })])).toMatchObject({
    result: "failed",
    message: "api: can never run: it waits for LocalProcess/db, which is disabled: tiltish enable db",
  });
  expect(look([waits])).toMatchObject({ result: "failed", message: expect.stringContaining("is not there") });
  const circle = process(
    "db",
    { ...JOB, dependsOn: [{ kind: "LocalProcess", name: "api" }] },
    waiting("waits"),
  );
  expect(look([waits, circle])).toMatchObject({
    result: "failed",
    message: expect.stringContaining("LocalProcess/api → LocalProcess/db → LocalProcess/api"),
  });
});

test("what is blocked has failed, once there is nothing left that may make what it lacks", () => {
  const blocked = sync("web", { state: "Blocked", message: "out is not there\nmore" });
  const build = (status: object) => resource("api", BUILD, status);
  expect(look([blocked, build(building)], { ms: MINUTE })).toMatchObject({ result: "running" });
  const before: [number, KubeObject[]] = [MINUTE, [blocked, build(built)]];
  expect(looks([[0, [blocked, build(building)]], before])).toMatchObject({
    result: "running",
    nextMs: START + MINUTE + 5 * SECOND,
  });
  expect(looks([before, [MINUTE + 5 * SECOND, [blocked, build(built)]]])).toMatchObject({
    result: "failed",
    message: "web: out is not there",
  });
  const synced = sync("web", { state: "Synced", conditions: [{ type: "Ready", status: "True" }] });
  expect(looks([before, [MINUTE + 6 * SECOND, [synced, build(built)]]])).toMatchObject({
    result: "succeeded",
  });
});

test("what nobody has looked at yet is not done", () => {
  expect(look([process("job", JOB)])).toMatchObject({ result: "running" });
  const changed = process("job", JOB, succeeded);
  changed.metadata.generation = 2;
  expect(look([changed])).toMatchObject({ result: "running" });
});
