import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { chmod, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { inParallel } from "../ssh/parallel.ts";
import { checked } from "../ssh/checked.ts";
import { StageError, type SyncSet } from "../transport.ts";
import type { SharedShell } from "./shell.ts";

const WIDTH = 16;
const MAX_SAID = 4_000;

export interface RsyncTarget {
  readonly shell: SharedShell;
  /** Directory of the app: most of a changed file may be there. */
  readonly root: string;
  /** Directory for what is sent. */
  readonly stage: string;
}

/**
 * Sends the files of a set to where nobody looks. They are copied first, so that nothing but what the plan says is sent.
 *
 * @throws StageError; what reading a file says.
 */
export async function stageByRsync(set: SyncSet, target: RsyncTarget): Promise<void> {
  const puts = set.plan.operations.flatMap((operation) => (operation.type === "put" ? [operation] : []));
  const copies = join(target.shell.directory, "files");
  await rm(copies, { recursive: true, force: true });
  await mkdir(copies);
  let [files, bytes] = [0, 0];
  await inParallel(puts, WIDTH, async (put) => {
    const copy = join(copies, put.path);
    await mkdir(dirname(copy), { recursive: true });
    await pipeline(Readable.from(checked(put, set.read(put.path))), createWriteStream(copy));
    await chmod(copy, put.entry.mode);
    set.onProgress?.({ files: ++files, bytes: (bytes += put.entry.size) });
  });
  if (puts.length > 0) await rsync(`${copies}/`, target);
  await rm(copies, { recursive: true, force: true });
}

/** @throws StageError if it fails. */
async function rsync(from: string, { shell, root, stage }: RsyncTarget): Promise<void> {
  // Names go over the connection, never through a shell; and no time of a file is taken for its content.
  const how = ["--recursive", "--perms", "--checksum", "--compress", "-s", `--copy-dest=${root}`];
  const child = spawn("rsync", [...how, "-e", shell.command, from, `instance:${stage}/`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said = (said + bytes.toString()).slice(-MAX_SAID)));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new StageError(`rsync ended with ${code}: ${shell.said || said}`.trim());
}
