import { open } from "node:fs/promises";
import type { LogFile } from "./files.ts";

/** Where to begin reading: a file, and bytes to skip in it. */
export interface Position {
  file: LogFile;
  offset: number;
}

const BLOCK = 64 * 1024;
const NEWLINE = 10;

/** The position from which `lines` lines follow in these files, read from their end. */
export async function positionOfTail(files: LogFile[], lines: number): Promise<Position | undefined> {
  let missing = lines;
  for (const file of files.toReversed()) {
    const found = await seekBackwards(file, missing);
    if (found.offset !== undefined) return { file, offset: found.offset };
    missing -= found.lines;
  }
  return files[0] && { file: files[0], offset: 0 };
}

/** The offset of the last `lines` lines of a file, or how many it has if those are fewer. */
async function seekBackwards(file: LogFile, lines: number): Promise<{ offset?: number; lines: number }> {
  const handle = await open(file.path, "r").catch(() => undefined);
  if (!handle) return { lines: 0 };
  try {
    const block = Buffer.alloc(BLOCK);
    const { size } = await handle.stat();
    let found = 0;
    for (let end = size; end > 0; end -= BLOCK) {
      const start = Math.max(0, end - BLOCK);
      const { bytesRead } = await handle.read(block, 0, end - start, start);
      for (let at = bytesRead - 1; at >= 0; at--) {
        // The n-th newline from the end stands before the last n-1 lines.
        if (block[at] === NEWLINE && found++ === lines) return { offset: start + at + 1, lines };
      }
    }
    return lines === 0 ? { offset: size, lines } : { lines: found };
  } finally {
    await handle.close();
  }
}
