import { EXIT, failure, usageError } from "../cli/errors.ts";
import { say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { followScopes, scopeOf, scopesOf, type Scope } from "../logs/follow.ts";
import { mergeByTime } from "../logs/merge.ts";
import { logsOf, selectedObjects, uniqueLogs, type NamedLog } from "../logs/owners.ts";
import { logQueryOf } from "../logs/query.ts";
import { logLines, type LogQuery } from "../logs/stream.ts";
import { lineWriter, type WriteLine } from "../logs/writer.ts";
import { NAMED_KINDS } from "../resources/named.ts";
import { eachNamed } from "../resources/runnable.ts";

/** `tiltish logs`: of processes, and of all that a LocalResource runs. */
export async function run({ options, args }: Invocation): Promise<number> {
  const selector = options.text("selector");
  if (args.length === 0 && selector === undefined) throw usageError("whose logs? Give names, or -l SELECTOR");
  if (args.length && selector !== undefined) throw usageError("give names or -l SELECTOR, not both");
  const session = await connect(options);
  const follow = options.flag("follow");
  const { logs, scopes } = await sourcesOf(session, { args, selector });
  if (logs.length === 0 && !follow) throw nothingThere(args, selector);
  if (logs.length === 0) say("nothing has run yet; what comes will be shown");
  const query = await logQueryOf(options, session);
  const write = lineWriter(
    options,
    logs.map(({ object }) => object),
  );
  if (follow) await followScopes({ session, scopes, query, write });
  else if ((await showOnce(session, { logs, query, write })) === 0) sayNothing(query);
  return EXIT.ok;
}

interface Sources {
  logs: NamedLog[];
  scopes: Scope[];
}

async function sourcesOf(
  session: Session,
  { args, selector }: { args: readonly string[]; selector: string | undefined },
): Promise<Sources> {
  const named =
    selector === undefined
      ? await eachNamed(session, args, NAMED_KINDS.running)
      : await selectedObjects(session, selector);
  const logs = await Promise.all(named.map((one) => logsOf(session, one)));
  // What is still to come may match as well.
  const later = selector === undefined ? [] : scopesOf(session.namespace, selector);
  // `logs lp/web api` may name the same process twice.
  const unique = new Map(named.map((one) => [JSON.stringify(scopeOf(one)), scopeOf(one)]));
  return { logs: uniqueLogs(logs.flat()), scopes: [...unique.values(), ...later] };
}

const nothingThere = (args: readonly string[], selector: string | undefined): Error =>
  failure(
    selector === undefined
      ? `${args.join(", ")}: has not run anything yet; tiltish why ${args[0]} tells more`
      : `no process matches ${selector}`,
  );

function sayNothing({ run, grep, level, sinceTime, sinceSeconds }: LogQuery): void {
  if (run) say(`no output of run ${run} is kept`);
  else if (grep || level || sinceTime || sinceSeconds) say("no line matches");
  else say("no output");
}

interface Shown {
  logs: readonly NamedLog[];
  query: LogQuery;
  write: WriteLine;
}

/** @returns how many lines there were. */
async function showOnce(session: Session, { logs, query, write }: Shown): Promise<number> {
  let count = 0;
  const streams = logs.map((log) => ownLines(session, log, query));
  for await (const { log, time, text } of mergeByTime(streams)) {
    write(log.object, { time, text });
    count++;
  }
  return count;
}

async function* ownLines(session: Session, log: NamedLog, query: LogQuery) {
  for await (const line of logLines(session, log, query)) yield { ...line, log };
}
