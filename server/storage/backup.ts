import { closeSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "./driver.ts";
import { createPrivate, remove, syncDirectory } from "./files.ts";

/**
 * Writes a consistent copy, replacing what was there once it is complete.
 *
 * By SQLite itself: reading the file of an open database with `fs` would drop the locks on it.
 */
export function copyDatabase(database: Database, target: string): void {
  const partial = `${target}.partial`;
  remove(partial);
  createPrivate(partial);
  try {
    database.prepare("VACUUM INTO ?").run(partial);
    syncFile(partial);
    renameSync(partial, target);
  } finally {
    remove(partial);
  }
  syncDirectory(dirname(target));
}

function syncFile(file: string): void {
  const handle = openSync(file, "r+");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
