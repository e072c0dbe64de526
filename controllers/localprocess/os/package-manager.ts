import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const BIGGEST_BYTES = 1024 * 1024;
const MOST_LEVELS = 30;

/** What the nearest package.json asks for, if that is this program: `pnpm@10.1.0`. Node's corepack then has it. */
export function packageManagerFor(program: string, dir: string): string | undefined {
  for (let [at, level] = [dir, 0]; level < MOST_LEVELS; [at, level] = [dirname(at), level + 1]) {
    const wanted = packageManagerIn(join(at, "package.json"));
    if (wanted?.startsWith(`${program}@`)) return wanted.split("+")[0];
    if (at === dirname(at)) return undefined;
  }
  return undefined;
}

function packageManagerIn(path: string): string | undefined {
  try {
    if (statSync(path).size > BIGGEST_BYTES) return undefined;
    const { packageManager } = JSON.parse(readFileSync(path, "utf8")) as { packageManager?: unknown };
    return typeof packageManager === "string" ? packageManager : undefined;
  } catch {
    return undefined; // none here, or one that nobody can read
  }
}
