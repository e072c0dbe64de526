import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { isOverlay, refusalOf } from "../../../server/storage/files.ts";
import { StoreLockedError } from "../../../server/storage/index.ts";
import { startWriter } from "./crash-cycle.ts";
import { openStore, put, scope, temporaryDirectory } from "./helpers.ts";

/** A process that has the store open. */
async function holderOf(directory: string): Promise<ChildProcess> {
  const holder = startWriter(directory);
  onTestFinished(() => void holder.kill("SIGKILL"));
  await once(holder.stdout!, "data");
  return holder;
}

describe("the lock", () => {
  test("lets one process in, and tells the others who that is, at once", async () => {
    const directory = temporaryDirectory();
    const holder = await holderOf(directory);
    const before = performance.now();
    const refused = openStore({ directory });
    await expect(refused).rejects.toThrow(StoreLockedError);
    await expect(refused).rejects.toMatchObject({
      pid: holder.pid,
      message: expect.stringContaining(`${holder.pid}`),
    });
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test("is let go by the kernel when its holder is killed", async () => {
    const directory = temporaryDirectory();
    const holder = await holderOf(directory);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    await openStore({ directory });
    expect(readFileSync(join(directory, "store.pid"), "utf8")).toBe(`${process.pid}\n`);
  });

  test("holds through a symlink, and within one process", async () => {
    const [directory, elsewhere] = [temporaryDirectory(), join(temporaryDirectory(), "link")];
    symlinkSync(directory, elsewhere);
    const store = await openStore({ directory });
    await expect(openStore({ directory })).rejects.toMatchObject({ pid: process.pid });
    await expect(openStore({ directory: elsewhere })).rejects.toMatchObject({ pid: process.pid });
    await put(store, "a"); // the refused ones took nothing from it
    await store.close();
    expect((await openStore({ directory: elsewhere })).list(scope)).toHaveLength(1);
  });

  test("is let go when opening fails", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "store.db"));
    await expect(openStore({ directory })).rejects.toThrow("store.db");
    await expect(openStore({ directory })).rejects.not.toThrow(StoreLockedError);
  });
});

describe("the directory", () => {
  test("and everything in it is for its owner only", async () => {
    const directory = join(temporaryDirectory(), "a", "b");
    const store = await openStore({ directory });
    await put(store, "a");
    await store.backup(join(directory, "backup.db"));
    await expect.poll(() => existsSync(join(directory, "store.ballast"))).toBe(true);
    const modeOf = (file: string) => statSync(join(directory, file)).mode & 0o777;
    expect(modeOf(".")).toBe(0o700);
    const names = readdirSync(directory);
    expect(names).toEqual(
      expect.arrayContaining(["store.db", "store.db-wal", "store.id", "store.lock", "store.pid"]),
    );
    expect(names).not.toContain("store.db-shm"); // a full disk could not hold it
    expect(names.filter((name) => modeOf(name) !== 0o600)).toEqual([]);
  });

  test("is not touched if it was there, but a warning is given when others can enter it", async () => {
    const directory = join(temporaryDirectory(), "open");
    mkdirSync(directory, { mode: 0o755 });
    const warn = vi.fn<(fields: object, message: string) => void>();
    await openStore({ directory, log: { info: () => undefined, warn, error: () => undefined } });
    expect(statSync(directory).mode & 0o777).toBe(0o755);
    expect(warn).toHaveBeenCalledWith({ directory }, expect.stringContaining("other users"));
  });

  test("must be on a file system whose locks and writes can be relied on", () => {
    expect(refusalOf(0x6969)).toContain("NFS");
    expect(refusalOf(0x01021997)).toContain("9p");
    expect(refusalOf(0x517b)).toContain("SMB");
    expect(refusalOf(0xfe534d42 | 0)).toContain("SMB"); // as a signed number
    expect(refusalOf(0xef53)).toBeUndefined(); // ext4
    expect(isOverlay(0x794c7630)).toBe(true);
  });

  test("says which store it holds, also when the file with the id was lost", async () => {
    const directory = temporaryDirectory();
    const store = await openStore({ directory });
    await store.close();
    rmSync(join(directory, "store.id"));
    const again = await openStore({ directory });
    expect(again.id).toBe(store.id);
    expect(readFileSync(join(directory, "store.id"), "utf8")).toBe(`${store.id}\n`);
  });
});
