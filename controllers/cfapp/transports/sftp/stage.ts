import { checked } from "../ssh/checked.ts";
import { inParallel } from "../ssh/parallel.ts";
import { StageError, type SyncSet } from "../transport.ts";
import type { SftpFiles } from "./files.ts";

/** Files that are on their way at a time. */
const WIDTH = 16;

export interface StageOptions {
  readonly files: SftpFiles;
  /** Directory for what is sent. */
  readonly stage: string;
  /** Of the files, in seconds since 1970. */
  readonly mtime: number;
}

/** The place of a file until it is committed. */
export const stagedAt = (stage: string, index: number): string => `${stage}/${index}`;

/**
 * Sends the files of a set to where nobody looks.
 *
 * @returns How many bytes that took.
 * @throws StageError if a file is not what the plan says; what reading it says.
 */
export async function stageFiles(set: SyncSet, { files, stage, mtime }: StageOptions): Promise<number> {
  await empty(files, stage);
  const puts = set.plan.operations.flatMap((operation, index) =>
    operation.type === "put" ? [{ put: operation, index }] : [],
  );
  let [count, bytes] = [0, 0];
  await inParallel(puts, WIDTH, async ({ put, index }) => {
    const at = stagedAt(stage, index);
    try {
      bytes += await files.write(at, checked(put, set.read(put.path)), "wx");
      await files.setAttributes(at, { mode: put.entry.mode, mtime });
    } catch (error) {
      throw isAnswer(error)
        ? new StageError(`${put.path}: ${(error as Error).message} (is its disk full?)`)
        : error;
    }
    set.onProgress?.({ files: ++count, bytes });
  });
  return bytes;
}

/** The server has a number for what is wrong, the system here has a name. */
const isAnswer = (error: unknown): boolean => typeof (error as { code?: unknown }).code === "number";

/** Takes away what an earlier set may have left. */
async function empty(files: SftpFiles, stage: string): Promise<void> {
  const left = await files.list(stage);
  await inParallel(left, WIDTH, ({ filename }) => files.unlink(`${stage}/${filename}`));
}
