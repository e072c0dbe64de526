import type { Operation } from "../../../sync/index.ts";
import { inParallel } from "../ssh/parallel.ts";
import { directoryOf } from "../ssh/state.ts";
import type { SftpFiles } from "./files.ts";
import { stagedAt } from "./stage.ts";

/** Requests that are on their way at a time; servers do them in order. */
const WIDTH = 64;

export interface CommitOptions {
  readonly files: SftpFiles;
  readonly root: string;
  readonly stage: string;
}

/**
 * Does what a plan says with what has been staged. A cut leaves some of it done: what is new comes before what is changed,
 * and nothing is deleted before all of that is there.
 *
 * @throws Error if a directory is none any more: nothing is done through a link.
 */
export async function commitFiles(operations: readonly Operation[], options: CommitOptions): Promise<void> {
  await checkDirectories(operations, options);
  await checkFiles(operations, options);
  const indexed = operations.map((operation, index) => ({ operation, index }));
  // Each kind waits for the one before: nothing is deleted when something could not be put there.
  for (let at = 0; at < indexed.length;) {
    const kind = kindOf(indexed[at]!.operation);
    const end = indexed.findIndex(({ operation }, i) => i > at && kindOf(operation) !== kind);
    const run = indexed.slice(at, end < 0 ? undefined : end);
    await inParallel(run, WIDTH, ({ operation, index }) => perform(operation, index, options));
    at += run.length;
  }
}

/** A directory that is made is known to be one before anything is made in it. */
const kindOf = ({ type, path }: Operation): string =>
  type === "makeDirectory" ? `${type} ${path.split("/").length}` : type;

/** Every directory that something is in is one, and no link to one, unless this set makes it. */
async function checkDirectories(
  operations: readonly Operation[],
  { files, root }: CommitOptions,
): Promise<void> {
  const made = new Set(operations.flatMap(({ type, path }) => (type === "makeDirectory" ? [path] : [])));
  const directories = new Set<string>();
  for (const { path } of operations)
    for (let at = directoryOf(path); at !== "" && !directories.has(at); at = directoryOf(at))
      directories.add(at);
  await inParallel(
    [...directories].filter((path) => !made.has(path)),
    WIDTH,
    async (path) => {
      if (!(await files.lstat(`${root}/${path}`))?.isDirectory())
        throw new Error(`${path} is a link or a file, and a directory was expected`);
    },
  );
}

/** A mode that is set at a link is set where it leads. */
async function checkFiles(operations: readonly Operation[], { files, root }: CommitOptions): Promise<void> {
  await inParallel(operations, WIDTH, async ({ type, path }) => {
    if (type === "chmod" && !(await files.lstat(`${root}/${path}`))?.isFile())
      throw new Error(`${path} is not a file`);
  });
}

async function perform(operation: Operation, index: number, options: CommitOptions): Promise<void> {
  const { files, root, stage } = options;
  const at = `${root}/${operation.path}`;
  switch (operation.type) {
    case "makeDirectory":
      return files
        .mkdir(at, 0o755)
        .catch(unless(async () => (await files.lstat(at))?.isDirectory() ?? false));
    case "put":
      return files.rename(stagedAt(stage, index), at);
    case "link": {
      const staged = stagedAt(stage, index);
      await files.link(operation.target, staged, stage);
      return files.rename(staged, at);
    }
    case "chmod":
      return files.chmod(at, operation.mode);
    case "remove":
      return files.unlink(at).catch(unless(async () => !(await files.lstat(at))));
    case "removeDirectory":
      // As long as something is in it, it stays.
      return files.rmdir(at).catch(unless(async () => (await files.lstat(at))?.isDirectory() ?? true));
  }
}

const unless = (isFine: () => Promise<boolean>) => async (error: unknown) => {
  if (!(await isFine())) throw error;
};
