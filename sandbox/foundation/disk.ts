import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Container } from "../instances/index.ts";

/** A platform does not look more often, either. */
const GOOD_FOR_MS = 5000;

const known = new WeakMap<Container, { readonly atMs: number; readonly bytes: Promise<number> }>();

/** Bytes of all files in a container, as they were a moment ago. */
export function diskUsage(container: Container): Promise<number> {
  const last = known.get(container);
  if (last && Date.now() - last.atMs < GOOD_FOR_MS) return last.bytes;
  const next = { atMs: Date.now(), bytes: sizeOf(container.home) };
  known.set(container, next);
  return next.bytes;
}

async function sizeOf(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []))
    if (entry.isFile())
      bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  return bytes;
}
