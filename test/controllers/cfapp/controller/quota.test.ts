import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { Sandbox } from "../../../../sandbox/index.ts";
import { Loop, test as base, WAIT } from "./fixture.ts";

const test = base.extend<{ loop: Loop }>({
  // oxlint-disable-next-line no-empty-pattern
  loop: async ({}, use) => {
    const home = await mkdtemp(join(tmpdir(), "tiltish-cf-"));
    const cf = await Sandbox.start({ directory: join(home, "cf"), enforceQuota: true });
    await cf.login(home);
    const loop = new Loop(cf, home);
    await mkdir(loop.local, { recursive: true });
    await loop.open();
    await use(loop);
    await loop.close();
  },
});

test("CF-29: what the disk quota has no room for is refused before anything is sent, and the old code runs on", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" }, { diskMb: 16 });
  await loop.write({ "app.txt": "two", "big.bin": Buffer.alloc(40 * 1024 * 1024, 1) });
  await loop.create();
  await expect.poll(() => loop.condition("Synced"), WAIT).toBe("False DiskFull");
  const message = await loop.messageOf("Synced");
  expect(message).toMatch(/needs \d+ bytes and has \d+ free/);
  expect(message).toContain("cf scale");
  expect(loop.cf.counters.ssh.bytesUp).toBeLessThan(1024 * 1024);
  expect(await loop.remoteText("app.txt")).toBe("one");
  await expect.poll(() => loop.starts()).toHaveLength(1);
  await loop.write({ "big.bin": "small" });
  await loop.synced();
  expect(await loop.remoteText("app.txt")).toBe("two");
});
