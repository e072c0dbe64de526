import { outLine } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { candidatesFor, type Candidate } from "../completion/candidates.ts";

/** Whoever has pressed the tab key does not want to wait. */
const CAP_MS = 150;

/** `tiltish __complete WORD…`: one candidate a line, a tab, and what it means. */
export async function run({ rest = [], commands }: Invocation): Promise<void> {
  const current = rest.at(-1) ?? "";
  for (const { word, help } of await withinCap(candidatesFor(rest, commands))) {
    if (word.startsWith(current)) outLine(help ? `${word}\t${help}` : word);
  }
}

function withinCap(found: Promise<Candidate[]>): Promise<Candidate[]> {
  const late = new Promise<Candidate[]>((resolve) => {
    setTimeout(() => resolve([]), CAP_MS).unref();
  });
  // Without a server there is nothing to offer, and a shell is no place to complain.
  return Promise.race([found, late]).catch(() => []);
}
