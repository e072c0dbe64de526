import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Header, pack, type Pack } from "tar-stream";
import { bytesOf, type Expected } from "./files.ts";

/** Something that an archive holds. */
export interface Item {
  readonly header: Partial<Header> & Pick<Header, "name">;
  /** Of a file: its text, or where it is and what it holds. */
  readonly content?: string | (Expected & { readonly source: string });
}

/**
 * A tar, made while it is read: nothing of it is held in memory.
 *
 * It fails with UnsettledError if a file does not hold what it is expected to hold.
 */
export function archiveOf(items: Iterable<Item>): Readable {
  const archive = pack();
  const fill = async (): Promise<void> => {
    for (const item of items) await add(archive, item);
    archive.finalize();
  };
  fill().catch((error: unknown) => archive.destroy(error as Error));
  return Readable.from(archive, { objectMode: false });
}

async function add(archive: Pack, { header, content = "" }: Item): Promise<void> {
  if (typeof content !== "string" && content.size > 0) {
    const { source, size } = content;
    return pipeline(bytesOf(source, content), archive.entry({ ...header, size }));
  }
  const text = typeof content === "string" ? content : "";
  await new Promise<void>((resolve, reject) => {
    archive.entry(header, text, (error) => (error ? reject(error) : resolve()));
  });
}
