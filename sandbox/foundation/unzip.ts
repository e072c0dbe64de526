import { createWriteStream } from "node:fs";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { dirname, join, normalize, relative } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import yauzl from "yauzl";

const LINK = 0o120000;
const TYPE = 0o170000;

/** Unpacks an archive with modes and links. @throws if it is none, or leads out of the directory. */
export async function unzip(archive: string, directory: string): Promise<void> {
  const zip = await yauzl.openPromise(archive, { lazyEntries: true });
  try {
    // Links last: nothing is written through one.
    const links: [string, string][] = [];
    for await (const entry of zip.eachEntry()) {
      const target = join(directory, normalize(entry.fileName));
      if (relative(directory, target).startsWith(".."))
        throw new Error(`${entry.fileName} leads out of the package`);
      const mode = entry.externalFileAttributes >>> 16;
      if (entry.fileName.endsWith("/")) await mkdir(target, { recursive: true });
      else if ((mode & TYPE) === LINK)
        links.push([target, await text(await zip.openReadStreamPromise(entry))]);
      else {
        await mkdir(dirname(target), { recursive: true });
        await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
        await chmod(target, mode & 0o777 || 0o744);
      }
    }
    for (const [path, to] of links) {
      await mkdir(dirname(path), { recursive: true });
      await symlink(to, path);
    }
  } finally {
    zip.close();
  }
}
