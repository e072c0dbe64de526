import { expect } from "vitest";
import { FileWatch } from "../../../../apis/v1alpha1/index.ts";
import { write } from "../agent/fixture.ts";
import { type Loop, type Spec, test, WAIT } from "./fixture.ts";

const LONG = { timeout: 60_000, interval: 50 };

const COMMAND = "echo started with $WORD; exec sleep 1000";
const manifest = (word: string) =>
  JSON.stringify({ applications: [{ name: "web", command: COMMAND, env: { WORD: word } }] });

const builds = (loop: Loop) => loop.cf.counters.http.requests["POST /v3/builds"] ?? 0;

async function deployed(loop: Loop, files: Record<string, string>, spec: Spec): Promise<void> {
  await write(loop.root, files);
  await loop.write({ "app.txt": "one" });
  await loop.create(spec);
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  expect(builds(loop)).toBe(1);
}

test("a change of the manifest outside of what is synced is a full deploy, once", async ({ loop }) => {
  await deployed(loop, { "manifest.yml": manifest("one") }, { push: { manifest: "manifest.yml" } });
  await write(loop.root, { "manifest.yml": manifest("two") });
  await expect.poll(() => loop.starts(), LONG).toEqual(["started with two"]);
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  const { lastDeploy, cause } = await loop.status();
  expect(lastDeploy).toMatchObject({ kind: "Structural", reason: "manifest.yml changed (spec.push)" });
  expect(cause).toMatchObject({ type: "FileChange", object: "FileWatch/web-cf-manifest" });
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
  await loop.synced();
  expect(builds(loop)).toBe(2);
}, 120_000);

test("so is one of a file of variables, also where others tell which files of the app have changed", async ({
  loop,
}) => {
  const name = { namespace: "default", name: "mine" };
  await loop.client.create(FileWatch, name, { root: "out", paths: ["."] });
  const files = { "manifest.yml": manifest("((word))"), "vars.yml": "word: one\n" };
  const push = { manifest: "manifest.yml", varsFiles: ["vars.yml"] };
  await deployed(loop, files, { push, trigger: { fileWatches: ["mine"], debounce: "20ms" } });
  await write(loop.root, { "vars.yml": "word: two\n" });
  await expect.poll(() => loop.starts(), LONG).toEqual(["started with two"]);
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  expect((await loop.status()).lastDeploy).toMatchObject({ reason: "vars.yml changed (spec.push)" });
  expect(builds(loop)).toBe(2);
}, 120_000);

test("a deploy for a manifest that tiltish ended in the middle of is done by the next one", async ({
  loop,
}) => {
  await deployed(loop, { "manifest.yml": manifest("one") }, { push: { manifest: "manifest.yml" } });
  loop.cf.faults.http().latencyMs = 100;
  await write(loop.root, { "manifest.yml": manifest("two") });
  const begun = async () => (await loop.status()).lastDeploy;
  await expect.poll(begun, WAIT).toMatchObject({ kind: "Structural", steps: [{}] });
  expect((await begun())?.finishTime).toBeUndefined();
  await loop.shut();
  loop.cf.faults.http().latencyMs = 0;
  await loop.open();
  await expect.poll(() => loop.starts(), LONG).toEqual(["started with two"]);
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  const reason = "tiltish ended in the middle of the last deploy: manifest.yml changed (spec.push)";
  expect(await begun()).toMatchObject({ kind: "Structural", reason });
  expect((await begun())?.finishTime).toBeDefined();
}, 120_000);

test("spec.fullDeployOn says whether it is: without it among its globs nothing is deployed", async ({
  loop,
}) => {
  const push = { manifest: "manifest.yml" };
  await deployed(loop, { "manifest.yml": manifest("one") }, { push, fullDeployOn: ["*.lock"] });
  await write(loop.root, { "manifest.yml": manifest("two") });
  await expect
    .poll(async () => {
      const watch = await loop.client.get(FileWatch, { namespace: "default", name: "web-cf-manifest" });
      return watch?.status?.events?.length ?? 0;
    }, WAIT)
    .toBeGreaterThan(0);
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
  await loop.synced();
  expect(builds(loop)).toBe(1);
  expect(loop.starts().at(-1)).toBe("started with one");
}, 120_000);

test("a deploy that a manifest has failed is done by itself once that is mended", async ({ loop }) => {
  await write(loop.root, { "manifest.yml": "applications: [{ name: other }]" });
  await loop.write({ "app.txt": "one" });
  await loop.create({ push: { manifest: "manifest.yml" } });
  await expect.poll(async () => (await loop.status()).state, LONG).toBe("Blocked");
  expect(await loop.messageOf("Synced")).toContain("no application web");
  await write(loop.root, { "manifest.yml": manifest("mended") });
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  expect(loop.starts()).toEqual(["started with mended"]);
}, 120_000);
