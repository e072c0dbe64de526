import { existsSync, writeFileSync } from "node:fs";
import { EXIT, failure, usageError } from "../cli/errors.ts";
import { out, outLine, say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Invocation } from "../cli/types.ts";
import type { Draft } from "../init/draft.ts";
import { SKELETON, sourceHere, sourceNamed, type Source } from "../init/find.ts";
import { rendered } from "../init/render.ts";
import { PROJECT_FILE } from "../project-file.ts";

/** `tiltish init`: writes a tiltish.yaml from what is here already. */
export function run({ options }: Invocation): number {
  const isPrinted = options.flag("print");
  if (!isPrinted && existsSync(PROJECT_FILE) && !options.flag("force")) {
    throw failure(
      `there is a ${PROJECT_FILE} already; --force writes over it, --print only shows what it would be`,
    );
  }
  const sources = sourcesFor(options.all("from"));
  const drafts = unique(sources.flatMap(({ drafts }) => drafts));
  const text = rendered(drafts);
  if (isPrinted) out(text);
  else write(text, options.flag("force"));
  tell(sources, drafts, isPrinted);
  return EXIT.ok;
}

function sourcesFor(names: readonly string[]): Source[] {
  if (names.length === 0) return [sourceHere(process.cwd()) ?? { ...SKELETON, from: "nothing" }];
  const sources = names.map(sourceNamed);
  if (sources.every(({ drafts }) => drafts.length === 0)) {
    const why = sources.flatMap(({ skipped }) => skipped);
    throw usageError(`nothing to run in ${names.join(", ")}${why.length ? `:\n  ${why.join("\n  ")}` : ""}`);
  }
  return sources;
}

/** Two files may have the same name for something; the second is told apart by a number. */
function unique(drafts: readonly Draft[]): Draft[] {
  const taken = new Map<string, number>();
  return drafts.map((draft) => {
    const count = (taken.get(draft.name) ?? 0) + 1;
    taken.set(draft.name, count);
    return count === 1 ? draft : { ...draft, name: `${draft.name}-${count}` };
  });
}

function write(text: string, force: boolean): void {
  try {
    // Not over one that has come up meanwhile.
    writeFileSync(PROJECT_FILE, text, { flag: force ? "w" : "wx" });
  } catch (cause) {
    throw failure(`cannot write ${PROJECT_FILE}: ${(cause as Error).message}`);
  }
}

function tell(sources: readonly Source[], drafts: readonly Draft[], isPrinted: boolean): void {
  const from = sources.map(({ from }) => from).join(", ");
  const line = isPrinted ? say : outLine;
  line(
    sanitize(
      `${isPrinted ? "made" : `wrote ${PROJECT_FILE}`} from ${from}: ${drafts.map(({ name }) => name).join(", ")}`,
    ),
  );
  const skipped = sources.flatMap(({ skipped }) => skipped);
  if (skipped.length) say("not taken over:");
  for (const each of skipped) say(sanitize(`  ${each}`));
  if (!isPrinted) outLine("tiltish up --dry-run checks it, tiltish up runs it");
}
