import { appendFile, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { write } from "../agent/fixture.ts";
import { test, WAIT } from "./fixture.ts";

test("CF-10: more files than spec.limits.maxFiles are refused, and the app stays as it is", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "two", "a.txt": "a", "b.txt": "b" });
  await loop.create({ limits: { maxFiles: 2 } });
  await expect.poll(() => loop.condition("Synced"), WAIT).toBe("False TooManyFiles");
  expect(await loop.messageOf("Synced")).toContain("there are more than 2 files (spec.limits.maxFiles)");
  expect(await loop.remoteText("app.txt")).toBe("one");
  await expect.poll(() => loop.starts()).toHaveLength(1);
  await rm(join(loop.local, "a.txt"));
  await loop.synced();
  expect(await loop.remoteText("app.txt")).toBe("two");
});

test("CF-11: of 100 MiB with one byte changed less than 1 MiB is sent, and the other side has verified it", async ({
  loop,
}) => {
  const big = Buffer.alloc(100 * 1024 * 1024);
  for (let at = 0; at < big.length; at += 4) big.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one", "model.bin": big });
  await loop.create({ limits: { maxFile: "200Mi" } });
  await loop.synced();
  expect((await loop.status()).lastSync!.bytesSent!).toBeGreaterThan(50 * 1024 * 1024);
  const change = async () => {
    const { number = 0 } = (await loop.status()).revision!.remote!;
    big[50_000_000] = big[50_000_000]! ^ 255;
    await writeFile(join(loop.local, "model.bin"), big);
    await loop.synced(number + 1);
    return (await loop.status()).lastSync!.bytesSent!;
  };
  expect(await change()).toBeLessThan(1024 * 1024);
  const there = await readFile(join(loop.app.instances[0]!.home, "app/model.bin"));
  expect(there.equals(big)).toBe(true);
}, 60_000);

test("CF-14: links that lead out of the directory are named and left out, and the rest is there", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "two", "lib/a.txt": "a" });
  await symlink("../../etc/passwd", join(loop.local, "escape"));
  await symlink("/etc/passwd", join(loop.local, "absolute"));
  await symlink("lib/a.txt", join(loop.local, "within"));
  await loop.create();
  await expect.poll(() => loop.condition("Synced"), WAIT).toBe("False RejectedPaths");
  const { rejected, rejectedCount } = await loop.status();
  expect(rejectedCount).toBe(2);
  expect(rejected!.map(({ path, reason }) => `${path} ${reason}`).toSorted()).toEqual([
    "absolute EscapesRoot",
    "escape EscapesRoot",
  ]);
  expect(await loop.remoteFiles()).toEqual(["app.txt", "lib/a.txt", "within"]);
});

test("CF-15: through a link that somebody has put there nothing is ever written", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one", "lib/a.txt": "a" });
  const { home } = loop.app.instances[0]!;
  await mkdir(join(home, "elsewhere"));
  await rm(join(home, "app/lib"), { recursive: true });
  await symlink(join(home, "elsewhere"), join(home, "app/lib"));
  await loop.write({ "lib/a.txt": "changed", "lib/b.txt": "new" });
  await expect.poll(async () => (await loop.status()).instances?.[0]?.lastError, WAIT).toContain("lib");
  expect(await loop.condition("Ready")).toMatch(/^False/);
  await expect(readFile(join(home, "elsewhere/a.txt"))).rejects.toThrow("ENOENT");
  await expect(readFile(join(home, "elsewhere/b.txt"))).rejects.toThrow("ENOENT");
});

test("CF-16: of a file that is being written no half is ever there, and a second set follows", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one" }, { trigger: { debounce: "0ms", maxWait: "100ms" } });
  const file = join(loop.local, "growing.log");
  const line = `${"x".repeat(1023)}\n`;
  for (let at = 0; at < 200; at++) {
    await appendFile(file, line.repeat(20));
    // Whatever is there is what was here at some moment: whole lines, all of them.
    const there = await loop.remoteText("growing.log");
    expect((there ?? "").length % (20 * 1024)).toBe(0);
  }
  await expect.poll(async () => (await loop.remoteText("growing.log"))?.length, WAIT).toBe(200 * 20 * 1024);
  await loop.synced();
});

test("CF-9: 10,000 new files are one commit, and the status tells how far it has come", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one" });
  const { number = 0 } = (await loop.status()).revision!.remote!;
  const files = Array.from({ length: 10_000 }, (_, at) => [`${at % 100}/${at}.txt`, `${at}\n`.repeat(50)]);
  await write(join(loop.home, "made"), Object.fromEntries(files) as Record<string, string>);
  await rename(join(loop.home, "made"), join(loop.local, "new"));
  const messages = new Set<string>();
  const sent = async () => {
    const { message = "", lastSync } = await loop.status();
    messages.add(message);
    return lastSync?.files;
  };
  await expect.poll(sent, { timeout: 60_000, interval: 20 }).toBe(10_000);
  await loop.synced(number + 1);
  expect([...messages].some((message) => /^sending: \d+ of \d+ files/.test(message))).toBe(true);
}, 90_000);
