import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import type { Entry } from "./tree.ts";

export interface TarOptions {
  context: string;
  entries: readonly Entry[];
  /** Written in place of what the context has there. */
  dockerfile: { path: string; text: string };
}

/** A tar of the context, made while it is read: nothing of it is held in memory. */
export function contextTar(options: TarOptions): Readable {
  const tar = pack();
  write(tar, options).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.from(tar, { objectMode: false });
}

async function write(tar: Pack, { context, entries, dockerfile }: TarOptions): Promise<void> {
  const { path, text } = dockerfile;
  await new Promise<void>((resolve, reject) => {
    tar.entry({ name: path, mode: 0o644, mtime: new Date(0) }, text, (error) =>
      error ? reject(error) : resolve(),
    );
  });
  for (const entry of entries) if (entry.path !== path) await add(tar, context, entry);
}

async function add(tar: Pack, context: string, entry: Entry): Promise<void> {
  const { path: name, type, mode, size, mtime, linkname } = entry;
  const header = { name, type, mode, size, mtime, ...(linkname !== undefined && { linkname }) };
  if (type !== "file" || size === 0) {
    await new Promise<void>((resolve, reject) => {
      tar.entry(header, "", (error) => (error ? reject(error) : resolve()));
    });
    return;
  }
  // A file that grows is cut where it was; one that shrinks ends the tar, and the change that it was builds again.
  await pipeline(createReadStream(join(context, name), { end: size - 1 }), tar.entry(header));
}
