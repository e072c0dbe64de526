import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Whose log it is. */
export interface LogOwner {
  namespace: string;
  name: string;
  uid: string;
}

/** One file of a log. A run begins in part 0 and goes on in the next when a file is full. */
export interface LogFile {
  run: number;
  part: number;
  path: string;
}

export interface Retention {
  fileBytes: number;
  files: number;
  runs: number;
}

export const RETENTION: Retention = { fileBytes: 10 * 1024 * 1024, files: 5, runs: 10 };

/** Where the logs of a server are. */
export const logDirectoryIn = (stateDirectory: string): string => join(stateDirectory, "logs");

/** No name of a file may have more than 255 bytes. The uid tells objects apart whose names begin alike. */
const LONGEST_NAME = 200;

/** `<directory>/<namespace>/<name>_<uid>` */
export function logDirectoryOf(directory: string, { namespace, name, uid }: LogOwner): string {
  const parts = [namespace, `${name.slice(0, LONGEST_NAME)}_${uid}`];
  if (parts.some((part) => /[/\\\0]|^\.{0,2}$/.test(part))) throw new Error(`no name: ${parts.join("/")}`);
  return join(directory, ...parts);
}

/** Files are only ever added to and never renamed, so a reader can hold on to one: `3.log`, then `3.1.log`. */
export const logFileOf = (directory: string, run: number, part: number): LogFile => ({
  run,
  part,
  path: join(directory, part === 0 ? `${run}.log` : `${run}.${part}.log`),
});

/** The files of a log, oldest first. */
export async function listLogFiles(directory: string): Promise<LogFile[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .map((name) => /^(\d+)(?:\.(\d+))?\.log$/.exec(name))
    .filter((match) => match !== null)
    .map(([, run, part]) => logFileOf(directory, Number(run), Number(part ?? 0)))
    .toSorted(compareLogFiles);
}

/** Number of the newest run of which there is a log; 0 if there is none. */
export const newestRunIn = async (directory: string): Promise<number> =>
  (await listLogFiles(directory)).at(-1)?.run ?? 0;

export const compareLogFiles = (a: Pick<LogFile, "run" | "part">, b: Pick<LogFile, "run" | "part">): number =>
  a.run - b.run || a.part - b.part;

/** Makes room for one more file. */
export async function pruneLogFiles(directory: string, limits: Retention): Promise<void> {
  const files = await listLogFiles(directory);
  const newestRun = files.at(-1)?.run ?? 0;
  let bytes = 0;
  for (const file of files.toReversed()) {
    bytes += (await stat(file.path).catch(() => undefined))?.size ?? 0;
    const isOver = bytes > limits.fileBytes * (limits.files - 1) || file.run <= newestRun - limits.runs;
    if (isOver && file !== files.at(-1)) await rm(file.path, { force: true });
  }
}

export const createLogDirectory = (directory: string): Promise<unknown> =>
  mkdir(directory, { recursive: true, mode: 0o700 });

export const removeLogDirectory = (directory: string): Promise<void> =>
  rm(directory, { recursive: true, force: true });
