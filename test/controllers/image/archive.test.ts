import { createHash } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { archiveOf } from "../../../controllers/image/archive.ts";

const openOf = (path: string): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;

test.each(["nobody", "somebody"])(
  "an archive that %s has begun to read holds no file open once it is destroyed",
  async (reader) => {
    const directory = await mkdtemp(join(tmpdir(), "tiltish-archive-"));
    const source = join(directory, "big");
    const content = Buffer.alloc(8 * 1024 * 1024, "a");
    await writeFile(source, content);
    const hash = createHash("sha256").update(content).digest("hex");
    const archive = archiveOf([{ header: { name: "big" }, content: { source, size: content.length, hash } }]);
    if (reader === "somebody") archive.once("data", () => archive.pause());
    await expect.poll(() => openOf(source)).toBe(1);
    archive.destroy();
    await expect.poll(() => openOf(source)).toBe(0);
    await rm(directory, { recursive: true });
  },
);
