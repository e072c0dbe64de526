import { expect } from "vitest";
import { StatusError } from "../../../../apis/errors.ts";
import { CFAppSync } from "../../../../apis/v1alpha1/index.ts";
import { type Spec, test, WAIT } from "./fixture.ts";

const BAD: [string, Spec, string][] = [
  ["an unknown enum", { transport: "Carrier" as never }, "spec.transport"],
  ["the root as remotePath", { remotePath: "/" }, "spec.remotePath"],
  ["the home as remotePath", { remotePath: "/home/vcap/" }, "spec.remotePath"],
  ["a remotePath with ..", { remotePath: "/home/vcap/app/../../root" }, "spec.remotePath"],
  ["a bad regex", { restart: { readiness: { log: "(unclosed" } } }, "spec.restart.readiness.log"],
  ["Mirror without confirmMirror", { deletePolicy: "Mirror" }, "spec.confirmMirror"],
  ["no localPath", { localPath: undefined as never }, "spec.localPath"],
  ["the root as localPath", { localPath: "/" }, "spec.localPath"],
  ["the root as localPath in other words", { localPath: "//tmp/.." }, "spec.localPath"],
  ["an archive", { localPath: "target/app.jar" }, "spec.localPath"],
  ["Source without a build", { trigger: { mode: "Source" } }, "spec.trigger.buildCmd"],
  ["a long debounce", { trigger: { debounce: "6s" } }, "spec.trigger.debounce"],
  ["a long grace", { restart: { grace: "61s" } }, "spec.restart.grace"],
  ["a signal that is none", { restart: { signal: "TREM" as never } }, "spec.restart.signal"],
  ["a short keepalive", { ssh: { keepalive: "1ms" } }, "spec.ssh.keepalive"],
  ["Pinned without a fingerprint", { ssh: { hostKey: "Pinned" } }, "spec.ssh.fingerprint"],
  [
    "a fingerprint that is none",
    { ssh: { hostKey: "Pinned", fingerprint: "SHA256:x" } },
    "spec.ssh.fingerprint",
  ],
  ["an instance twice", { instances: [1, 1] }, "spec.instances"],
  ["an instance below zero", { instances: [-1] }, "spec.instances"],
  ["org without space", { target: { org: "a" } }, "spec.target"],
  ["an api without TLS", { target: { api: "http://api.example.com" } }, "spec.target.api"],
  ["a limit of zero", { limits: { maxFiles: 0 } }, "spec.limits.maxFiles"],
  ["an app with a slash in its name", { appName: "a/b" }, "spec.appName"],
];

test("CF-30: what cannot be is refused with the path of the field, and nobody is contacted", async ({
  loop,
}) => {
  for (const [what, spec, field] of BAD) {
    const error = await loop.create(spec).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StatusError);
    const { code, message } = error as StatusError;
    expect({ what, code, isNamed: message.includes(field) }).toEqual({ what, code: 422, isNamed: true });
  }
  expect(loop.cf.counters.http.requests).toEqual({});
  expect(loop.cf.counters.ssh.connections).toBe(0);
});

test("CF-30: what only the running machine can tell is a condition that says what to do", async ({
  loop,
}) => {
  await loop.create({ cfHome: "/nonexistent" });
  await expect.poll(() => loop.condition("Authenticated"), WAIT).toBe("False NotLoggedIn");
  expect(await loop.messageOf("Authenticated")).toContain("cf login");
  expect((await loop.status()).state).toBe("Blocked");
  expect(loop.cf.counters.http.requests).toEqual({});
});

test("a directory that is not there is a condition, and nothing is deleted", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.create({ localPath: "nowhere" });
  await expect
    .poll(async () => {
      const { state, message, conditions } = await loop.status();
      return { state, message, reason: conditions?.find(({ type }) => type === "Synced")?.reason };
    }, WAIT)
    .toMatchObject({ reason: "RootMissing" });
  expect(await loop.remoteFiles()).toEqual(["app.txt"]);
});

test("an app that cannot be deployed for its directory says so, and not that it is not to be made", async ({
  loop,
}) => {
  await loop.write({ "a.txt": "a file" });
  await loop.create({ localPath: "out/a.txt", initialDeploy: "IfMissing" });
  await expect.poll(async () => (await loop.status()).state, WAIT).toBe("Blocked");
  expect(await loop.condition("AppExists")).toBe("False NotDeployed");
  expect(await loop.messageOf("AppExists")).not.toContain("is not to make it");
  expect(await loop.messageOf("Ready")).toContain("a.txt is not a directory");
});

test("an instance that the app does not have is named", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one" });
  await loop.create({ instances: [5] });
  await expect.poll(() => loop.messageOf("Connected"), WAIT).toContain("the app has no instance 5");
});

test("two that sync to the same directory of an app are told, until there is one of them", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one" });
  const { spec } = await loop.create();
  await loop.synced();
  expect(await loop.condition("Degraded")).not.toBe("True SharedApp");
  const other = { namespace: "default", name: "other" };
  await loop.client.create(CFAppSync, other, spec);
  await expect.poll(() => loop.condition("Degraded"), WAIT).toBe("True SharedApp");
  expect(await loop.messageOf("Degraded")).toContain("default/other");
  const conditionsOfOther = async () => (await loop.client.get(CFAppSync, other))?.status?.conditions;
  await expect
    .poll(conditionsOfOther, WAIT)
    .toContainEqual(expect.objectContaining({ type: "Degraded", status: "True", reason: "SharedApp" }));
  await loop.client.delete(CFAppSync, other);
  await expect.poll(() => loop.condition("Degraded"), WAIT).not.toBe("True SharedApp");
});
