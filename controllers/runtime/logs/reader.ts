import { open, type FileHandle } from "node:fs/promises";
import { criTime, criTimeOf, type StreamName } from "./cri.ts";
import { compareLogFiles, listLogFiles, logDirectoryOf, type LogFile, type LogOwner } from "./files.ts";
import { LineFilter, TailKeeper, type LineChoice } from "./filter.ts";
import { LogChanges, logHub } from "./hub.ts";
import { LineDecoder } from "./lines.ts";
import { positionOfTail, type Position } from "./tail.ts";

/** As the query of the `log` subresource has them. */
export interface LogOptions extends LineChoice {
  /**
   * Wait for more: over restarts, until the signal is aborted, or, of one run that was asked for, until that is over.
   */
  follow?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  /** RFC 3339, and possible. */
  sinceTime?: string;
  /** Put its time before each line. */
  timestamps?: boolean;
  /** Which run; the newest unless given. */
  run?: number;
  /** The run before the newest. */
  previous?: boolean;
  limitBytes?: number;
  /** Only what was written there; both, unless given. */
  stream?: StreamName;
}

const BLOCK = 64 * 1024;

/**
 * The log of a process, in blocks of whole lines.
 *
 * @param directory - Where the logs of all processes are.
 * @param signal - Ends it; it then ends without an error.
 */
// oxlint-disable-next-line eslint/max-params -- where, whose, what of it, until when
export async function* openLog(
  directory: string,
  owner: LogOwner,
  options: LogOptions = {},
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<Buffer, void, void> {
  let room = options.limitBytes ?? Infinity;
  const blocks = decodedBlocks(logDirectoryOf(directory, owner), options, signal);
  for await (const text of isChoosy(options) ? chosen(blocks, options) : blocks) {
    if (text.length > 0) yield text.length > room ? text.subarray(0, room) : text;
    room -= text.length;
    if (room <= 0 || signal.aborted) return;
  }
}

const isChoosy = ({ grep, level }: LogOptions): boolean => grep !== undefined || level !== undefined;

/** Of the lines that are asked for, the last so many, and then what follows. */
async function* chosen(
  blocks: AsyncIterable<Buffer>,
  options: LogOptions,
): AsyncGenerator<Buffer, void, void> {
  const filter = new LineFilter(options, options.timestamps ?? false);
  let tail = options.tailLines === undefined ? undefined : new TailKeeper(options.tailLines);
  for await (const block of blocks) {
    const text = filter.push(block);
    if (!tail) yield text;
    else tail.push(text);
    if (block !== ALL_THERE_IS || !tail) continue;
    yield tail.release();
    tail = undefined;
  }
  const rest = filter.flush();
  tail?.push(rest);
  yield tail?.release() ?? rest;
}

/** Stands between what was there already and what is written from now on. */
const ALL_THERE_IS: Buffer = Buffer.alloc(0);

/** The text of the files, one after the other. */
async function* decodedBlocks(
  directory: string,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  const { timestamps, stream } = options;
  const decoder = new LineDecoder({ timestamps, stream, since: sinceOf(options) });
  const changes = new LogChanges(directory);
  let handle: FileHandle | undefined;
  let hasCaughtUp = false;
  try {
    let position = await firstPosition(directory, options);
    while (!signal.aborted) {
      // Asked before anything is read: what is written until then is in the file.
      const isOver = staysInRun(options) && !isBeingWritten(directory, position?.file.run ?? options.run);
      // Looked for before this file is read to its end: once there is a next one, nothing is added to this one.
      const next = position && (await fileAfter(directory, position.file, options));
      if (position) handle ??= await open(position.file.path, "r").catch(() => undefined);
      if (position && handle) {
        for await (const block of readToEnd(handle, position, signal)) yield decoder.push(block);
      }
      if (position && next) {
        yield decoder.nextFile({ isNewRun: next.run !== position.file.run });
        await handle?.close();
        handle = undefined;
        position = { file: next, offset: 0 };
        continue;
      }
      if (!options.follow || isOver) return;
      if (!hasCaughtUp && isChoosy(options)) yield ALL_THERE_IS;
      hasCaughtUp = true;
      await changes.next(signal);
      if (position && (await listLogFiles(directory)).length === 0) return; // its object is deleted
      position ??= await firstPosition(directory, options);
    }
  } finally {
    changes.close();
    await handle?.close();
  }
}

/** Moves `position` along. */
async function* readToEnd(
  handle: FileHandle,
  position: Position,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  while (!signal.aborted) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(BLOCK), 0, BLOCK, position.offset);
    if (bytesRead === 0) return;
    position.offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function firstPosition(directory: string, options: LogOptions): Promise<Position | undefined> {
  const files = await listLogFiles(directory);
  const run = runOf(files, options);
  const ofRun = files.filter((file) => file.run === run);
  if (options.tailLines !== undefined && !isChoosy(options)) return positionOfTail(ofRun, options.tailLines);
  return ofRun[0] && { file: ofRun[0], offset: 0 };
}

function runOf(files: LogFile[], { run, previous }: LogOptions): number | undefined {
  if (run !== undefined) return run;
  const newest = files.at(-1)?.run;
  return previous ? files.findLast((file) => file.run !== newest)?.run : newest;
}

/** Whoever asked for one run gets no other. */
const staysInRun = ({ follow, previous, run }: LogOptions): boolean =>
  !follow || previous === true || run !== undefined;

const isBeingWritten = (directory: string, run: number | undefined): boolean =>
  run !== undefined && logHub.isOpen(directory, run);

async function fileAfter(
  directory: string,
  present: LogFile,
  options: LogOptions,
): Promise<LogFile | undefined> {
  const isOfRun = staysInRun(options) ? ({ run }: LogFile) => run === present.run : () => true;
  const files = await listLogFiles(directory);
  return files.find((file) => compareLogFiles(file, present) > 0 && isOfRun(file));
}

function sinceOf({ sinceSeconds, sinceTime }: LogOptions): string | undefined {
  if (sinceTime !== undefined) return criTimeOf(sinceTime);
  return sinceSeconds === undefined ? undefined : criTime(Math.max(0, Date.now() - sinceSeconds * 1000));
}
