import { paintFor, wantsColor } from "../cli/color.ts";
import { EXIT, failure, usageError } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { shownText, type LogLine } from "../logs/line.ts";
import { logsNamed, logsSelected, type NamedLog } from "../logs/owners.ts";
import { Prefixer } from "../logs/prefix.ts";
import { logLines, type LogQuery } from "../logs/stream.ts";

/** `tiltish logs`: of processes, and of all that a LocalResource runs. */
export async function run({ options, args }: Invocation): Promise<number> {
  const session = await connect(options);
  const logs = await logsFor(options, args, session);
  const query = queryOf(options);
  const write = writerFor(options, logs);
  if (!options.flag("follow")) {
    let count = 0;
    for (const log of logs) count += await show(session, log, { query, write });
    if (count === 0) say(`no output${query["run"] ? ` of run ${query["run"]} is kept` : ""}`);
    return EXIT.ok;
  }
  await Promise.all(logs.map((log) => show(session, log, { query, write })));
  return EXIT.ok;
}

async function logsFor(options: Options, args: readonly string[], session: Session): Promise<NamedLog[]> {
  const selector = options.text("selector");
  if (args.length === 0 && selector === undefined)
    throw usageError("whose logs? Give a name, or -l SELECTOR");
  if (args.length && selector !== undefined) throw usageError("give names or -l SELECTOR, not both");
  const logs =
    selector === undefined ? await logsNamed(session, args) : await logsSelected(session, selector);
  if (logs.length === 0) throw failure(`no process matches ${selector}`);
  // `logs lp/web api` may name the same process twice.
  return [...new Map(logs.map((log) => [`${log.type.plural}/${log.name}`, log])).values()];
}

function queryOf(options: Options): LogQuery {
  const tail = options.integer("tail");
  if (tail !== undefined && tail < -1)
    throw usageError(`--tail is a number of lines, or -1 for all, not ${tail}`);
  const sinceMs = options.durationMs("since");
  return {
    follow: options.flag("follow") ? "true" : undefined,
    tailLines: tail !== undefined && tail >= 0 ? String(tail) : undefined,
    sinceSeconds: sinceMs === undefined ? undefined : String(Math.max(1, Math.ceil(sinceMs / 1000))),
    sinceTime: options.text("since-time"),
    previous: options.flag("previous") ? "true" : undefined,
    run: options.integer("run")?.toString(),
    limitBytes: options.integer("limit-bytes")?.toString(),
  };
}

type Write = (log: NamedLog, line: LogLine) => void;

function writerFor(options: Options, logs: readonly NamedLog[]): Write {
  const isTerminal = process.stdout.isTTY;
  const colors = wantsColor(process.stdout);
  const labels = new Set(logs.map(({ label }) => label));
  const withPrefix = options.flag("prefix", labels.size > 1);
  const prefixer = new Prefixer(paintFor(colors), [...labels]);
  return ({ label }, { time, text }) => {
    // What goes to a file or a program goes as it is.
    const shown = isTerminal ? shownText(text, colors) : text;
    const stamped = options.flag("timestamps") ? `${time} ${shown}` : shown;
    outLine(withPrefix ? prefixer.line(label, stamped) : stamped);
  };
}

async function show(
  session: Session,
  log: NamedLog,
  { query, write }: { query: LogQuery; write: Write },
): Promise<number> {
  let count = 0;
  for await (const line of logLines(session, log, query)) {
    write(log, line);
    count++;
  }
  return count;
}
