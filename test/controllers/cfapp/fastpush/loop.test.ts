import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { APP } from "../../../fastpush/fixture.ts";
import { test as base, WAIT, type Loop } from "../controller/fixture.ts";
import { OriginalServer } from "./original.ts";

const PROGRAM = fileURLToPath(new URL("../../../../dist/tiltish.js", import.meta.url));

/** The app behind a controller of ours, in its container. */
async function pushed(loop: Loop): Promise<void> {
  const { write } = await import("../agent/fixture.ts");
  const source = join(loop.home, "source");
  await write(source, { "app.js": APP, "version.txt": "from the droplet" });
  await loop.app.push(source, `exec node ${PROGRAM} fastpush-controller -- node app.js`);
}

/** Asked as its users do: through the router, which has a certificate of its own. */
const FAST_PUSH = { fastPush: { skipVerify: true } };
const READY = { readiness: { http: "/", timeout: "20s" } };

const test = base.extend<{ original: OriginalServer }>({
  original: async ({ loop }, use) => {
    await loop.pushed({ "app.txt": "one" });
    const { instances, guid } = loop.app;
    const original = await OriginalServer.start(join(instances[0]!.home, "app"), guid);
    await use(original);
    original.close();
  },
});

test("a save goes live by fast-push where ssh is off, and the app answers", async ({ loop }) => {
  await pushed(loop);
  loop.cf.faults.sshOff(true);
  await loop.write({ "app.js": APP, "version.txt": "one" });
  await loop.create({ ...FAST_PUSH, restart: READY });
  await loop.synced(1);
  expect((await loop.status()).transport?.active).toBe("FastPush");
  await loop.write({ "version.txt": "two", "lib/new.txt": "new" });
  await expect.poll(() => loop.remoteFiles(), WAIT).toEqual(["app.js", "lib/new.txt", "version.txt"]);
  await expect.poll(() => loop.remoteText("version.txt"), WAIT).toBe("two");
  await loop.synced();
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
  await rm(join(loop.local, "lib"), { recursive: true });
  await expect.poll(() => loop.remoteFiles(), WAIT).toEqual(["app.js", "version.txt"]);
  await loop.synced();
});

test("the original controller gets what it can have, and what it cannot is told", async ({
  loop,
  original,
}) => {
  await loop.write({ "app.txt": "one", "old.txt": "old" });
  await loop.create({ transport: "FastPush", fastPush: { url: original.url } });
  await loop.synced(1);
  await rm(join(loop.local, "old.txt"));
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.condition("Synced"), WAIT).toBe("False PartiallySynced");
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
  expect(await loop.remoteText("old.txt")).toBe("old");
  const { rejected } = await loop.status();
  expect(rejected?.map(({ path }) => path)).toEqual(["old.txt"]);
  expect(original.isDead).toBe(false);
  const puts = original.asked.filter((call) => call.startsWith("PUT"));
  expect(new Set(original.keys)).toEqual(new Set(["old.txt", "app.txt"]));
  // None of them was empty.
  expect(puts.length).toBeLessThanOrEqual(original.keys.length);
  expect(await loop.condition("Running")).toBe("Unknown Unverified");
});

test("a token that is refused is told, without the token, and nothing is sent", async ({
  loop,
  original,
}) => {
  await loop.write({ "app.txt": "two" });
  process.env["TILTISH_TEST_TOKEN"] = "wr0ng";
  await loop.create({
    transport: "FastPush",
    fallback: { toPush: false },
    fastPush: { url: original.url, tokenEnv: "TILTISH_TEST_TOKEN" },
  });
  await expect.poll(() => loop.condition("Connected"), WAIT).toBe("False Unauthorized");
  delete process.env["TILTISH_TEST_TOKEN"];
  expect(JSON.stringify(await loop.get())).not.toContain("wr0ng");
  expect((await loop.events()).join()).not.toContain("wr0ng");
  expect(await readFile(join(original.root, "app.txt"), "utf8")).toBe("one");
});
