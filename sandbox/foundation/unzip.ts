import { createWriteStream } from "node:fs";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, relative, sep } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import yauzl, { type Entry, type ZipFile } from "yauzl";

const LINK = 0o120000;
const TYPE = 0o170000;
const AT_ONCE = 8;

/** Unpacks an archive with modes and links. @throws if it is none, or leads out of the directory. */
export async function unzip(archive: string, directory: string): Promise<void> {
  const zip = await yauzl.openPromise(archive, { lazyEntries: true, autoClose: false });
  try {
    const links: (() => Promise<void>)[] = [];
    const ensure = directories();
    const writes = new Set<Promise<void>>();
    for await (const entry of zip.eachEntry()) {
      const target = join(directory, normalize(entry.fileName));
      if (isOutside(directory, target)) throw new Error(`${entry.fileName} leads out of the package`);
      if (entry.fileName.endsWith("/")) await ensure(target);
      else {
        await ensure(dirname(target));
        if ((modeOf(entry) & TYPE) === LINK) links.push(() => link(zip, entry, target));
        else await start(writes, write(zip, entry, target));
      }
    }
    await Promise.all(writes);
    // Links last: nothing is written through one.
    for (const make of links) await make();
  } finally {
    zip.close();
  }
}

/** A name may begin with two dots. */
export function isOutside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
}

const modeOf = ({ externalFileAttributes }: Entry): number => externalFileAttributes >>> 16;

/** Makes each directory once. */
function directories(): (path: string) => Promise<void> {
  const made = new Set<string>();
  return async (path) => {
    if (made.has(path)) return;
    made.add(path);
    await mkdir(path, { recursive: true });
  };
}

/** Waits until there are not too many at once. */
async function start(running: Set<Promise<void>>, one: Promise<void>): Promise<void> {
  const done = one.finally(() => running.delete(done));
  running.add(done);
  // It is waited for below, or at the end.
  done.catch(() => undefined);
  if (running.size >= AT_ONCE) await Promise.race(running);
}

async function write(zip: ZipFile, entry: Entry, target: string): Promise<void> {
  await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
  await chmod(target, modeOf(entry) & 0o777 || 0o744);
}

async function link(zip: ZipFile, entry: Entry, target: string): Promise<void> {
  await symlink(await text(await zip.openReadStreamPromise(entry)), target);
}
