import { expect } from "vitest";
import { deployment, type Loop, test, WAIT } from "./fixture.ts";

/** Applies a Deployment, and gives the name of its pod. */
async function running(loop: Loop, spec: object = {}): Promise<string> {
  await loop.create({ yaml: deployment(), ...spec });
  await loop.ready();
  return (await loop.status()).pods![0]!.name;
}

const linesOf = async (loop: Loop, pod: string): Promise<string[]> =>
  (await loop.log()).split("\n").filter((line) => line.includes(pod));

test("what a container writes is in the log of the object, with its pod and its name", async ({ loop }) => {
  const pod = await running(loop);
  loop.cluster.logs.write(`${pod}/app`, "listening");
  await expect.poll(() => linesOf(loop, pod), WAIT).toEqual([`[${pod} app] listening`]);
});

test("after a break each line is there once: it goes on just after the last one that was read", async ({
  loop,
}) => {
  const pod = await running(loop);
  const key = `${pod}/app`;
  loop.cluster.logs.write(key, "one");
  await expect.poll(() => linesOf(loop, pod), WAIT).toHaveLength(1);
  loop.cluster.logs.end();
  loop.cluster.logs.write(key, "two");
  loop.cluster.logs.write(key, "three");
  await expect
    .poll(() => linesOf(loop, pod), WAIT)
    .toEqual(["one", "two", "three"].map((text) => `[${pod} app] ${text}`));
});

test("what the kubelet says of itself is there once, and keeps no line from being read", async ({ loop }) => {
  loop.cluster.logs.trouble = "failed to create fsnotify watcher: too many open files";
  const pod = await running(loop);
  const key = `${pod}/app`;
  const said = `[${pod} app] ${loop.cluster.logs.trouble}`;
  await expect.poll(() => linesOf(loop, pod), WAIT).toEqual([said]);
  loop.cluster.logs.end();
  loop.cluster.logs.write(key, "one");
  await expect.poll(() => linesOf(loop, pod), WAIT).toEqual([said, `[${pod} app] one`]);
});

test("K8S-16: when nothing comes for 15 s it asks again from just after the last line", async ({ loop }) => {
  const pod = await running(loop);
  const key = `${pod}/app`;
  loop.cluster.logs.write(key, "one");
  await expect.poll(() => linesOf(loop, pod), WAIT).toHaveLength(1);
  loop.cluster.logs.isStuck = true;
  loop.cluster.logs.write(key, "two");
  await expect
    .poll(() => linesOf(loop, pod), { timeout: 25_000, interval: 200 })
    .toEqual([`[${pod} app] one`, `[${pod} app] two`]);
  expect(loop.cluster.front.count("GET", /\/log\?.*sinceTime=2026-/)).toBeGreaterThan(0);
}, 40_000);

test("K8S-16: containers that are to be ignored are silent", async ({ loop }) => {
  const pod = await running(loop, { ignoreContainerLogs: ["app"] });
  expect(loop.cluster.front.count("GET", /\/log\?/)).toBe(0);
  expect(await linesOf(loop, pod)).toEqual([]);
});

test("K8S-16: that a pod has no log to read is told in the status, and goes when it has", async ({
  loop,
}) => {
  loop.cluster.logs.isAway = true;
  const pod = await running(loop);
  const error = async () => (await loop.status()).pods?.[0]?.logError;
  await expect.poll(error, WAIT).toMatch(/pods ".*" not found/);
  loop.cluster.logs.isAway = false;
  await expect
    .poll(async () => {
      loop.cluster.logs.write(`${pod}/app`, "back");
      return error();
    }, WAIT)
    .toBeUndefined();
});
