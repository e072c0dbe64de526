import type { BigIntStats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isReserved } from "./names.ts";

export interface Walked {
  /** As `join` makes it of the directory and what is below it. */
  readonly path: string;
  readonly stat: BigIntStats;
}

/** Everything below a directory, itself included, in the order of names. What has gone meanwhile is not there. */
export async function* walk(root: string, path: string): AsyncGenerator<Walked, void, void> {
  const stat = await lstat(resolve(root, path), { bigint: true }).catch(() => undefined);
  if (!stat) return;
  yield { path, stat };
  if (!stat.isDirectory()) return;
  const names = await readdir(resolve(root, path)).catch((): string[] => []);
  for (const name of names.toSorted()) if (!isReserved(name)) yield* walk(root, join(path, name));
}
