import { ageOf } from "../../apis/duration.ts";
import type { Trace } from "../../controllers/trace/index.ts";
import { failure, usageError } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Invocation } from "../cli/types.ts";
import { connect } from "../connect/session.ts";
import { tracesOf } from "../trace/find.ts";
import { outcomeText, waterfallOf } from "../trace/waterfall.ts";

const LISTED = 20;
const SHORT_ID = 8;

/** `tiltish trace`: the last traces; `tiltish trace ID`: one of them, step by step. */
export async function run({ options, args }: Invocation): Promise<void> {
  if (args.length > 1) throw usageError("which trace? Give one id, or the name of what ran");
  const session = await connect(options);
  const all = await tracesOf(session);
  const [wanted] = args;
  const chosen = wanted === undefined ? all.slice(-LISTED) : matching(all, wanted, session.namespace);
  if (options.text("output") === "json") return outLine(JSON.stringify(chosen, undefined, 2));
  if (wanted === undefined) return list(chosen, session.namespace);
  outLine(`trace ${chosen[0]!.traceId}`);
  for (const trace of chosen) outLine(["", ...waterfallOf(trace)].map(sanitize).join("\n"));
}

/** All that ran in the trace of this id, or of the last trace of what has this name. */
function matching(all: readonly Trace[], wanted: string, namespace: string): Trace[] {
  const named = all
    .filter(({ object }) => object === wanted || object.endsWith(`/${wanted}`))
    .at(-1)?.traceId;
  const isMeant = /^[0-9a-f]{4,32}$/i.test(wanted)
    ? ({ traceId }: Trace) => traceId.startsWith(wanted.toLowerCase())
    : ({ traceId }: Trace) => traceId === named;
  const found = all.filter(isMeant);
  const ids = new Set(found.map(({ traceId }) => traceId));
  if (ids.size > 1)
    throw failure(`"${wanted}" may be ${[...ids].map(shortOf).join(" or ")}; give more of the id`);
  const chosen = ids.size === 0 ? all.filter(({ traceId }) => traceId === named) : found;
  if (chosen.length > 0) return chosen;
  throw failure(`no trace "${wanted}" in namespace ${namespace}; tiltish trace lists those that there are`);
}

const shortOf = (traceId: string): string => traceId.slice(0, SHORT_ID);

function list(traces: readonly Trace[], namespace: string): void {
  if (traces.length === 0) return say(`No traces in namespace ${namespace} yet: nothing has run.`);
  const rows = traces.map((trace) => [
    shortOf(trace.traceId),
    ageOf(Date.now() - Date.parse(trace.startTime)),
    trace.object,
    outcomeText(trace),
    trace.why,
  ]);
  const all = [["ID", "AGE", "OBJECT", "OUTCOME", "CAUSE"], ...rows];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  for (const row of all)
    outLine(
      sanitize(
        row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join("   ")
          .trimEnd(),
      ),
    );
}
