import { join } from "node:path";
import type { Item } from "../archive.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./tree.ts";

/** A context as it is sent: the Dockerfile first, in place of what the context has there. */
export function* itemsOf({ directory, entries, dockerfile, tree }: Context): Generator<Item, void, void> {
  yield {
    header: { name: dockerfile.path, mode: 0o644, mtime: new Date(0) },
    content: dockerfile.text,
  };
  for (const entry of entries) {
    if (entry.path === dockerfile.path) continue;
    const known = tree.get(entry.path);
    const content = known?.type === "file" && { ...known, source: join(directory, entry.path) };
    yield { header: headerOf(entry), ...(content && { content }) };
  }
}

const headerOf = ({ path: name, type, mode, mtime, linkname }: Entry): Item["header"] => ({
  name,
  type,
  mode,
  mtime,
  ...(linkname !== undefined && { linkname }),
});
