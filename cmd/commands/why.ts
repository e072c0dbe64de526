import { ageOf } from "../../apis/duration.ts";
import { paintFor, wantsColor, type Paint } from "../cli/color.ts";
import { usageError } from "../cli/errors.ts";
import { outLine } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { lastSeenMs, type EventObject } from "../events/event.ts";
import { eventsAbout } from "../events/list.ts";
import { lastLinesIn } from "../logs/lastlines.ts";
import { clockTime } from "../print/clock.ts";
import { NAMED_KINDS } from "../resources/named.ts";
import { eachNamed } from "../resources/runnable.ts";
import { statusOf, storyOf, type Step, type Story } from "../why/story.ts";
import { surroundingsOf, type Surroundings } from "../why/surroundings.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { TRACED } from "../../controllers/trace/index.ts";

const DECISIONS = 10;

/** `tiltish why NAME`: the chain of causes, how it is now, and what did not happen. */
export async function run({ options, args }: Invocation): Promise<void> {
  if (args.length !== 1) throw usageError("why what? Give one name");
  const session = await connect(options);
  const [named] = await eachNamed(session, args, NAMED_KINDS.own);
  const { object } = named!;
  const around = await surroundingsOf(session, object);
  const story = storyOf(object, around);
  const decisions = await decisionsOf(session, object, around);
  const broken = [object, ...around.children].find(isBroken);
  const lastLines = broken ? await lastLinesIn(session, broken) : [];
  if (options.text("output") === "json") {
    return outLine(JSON.stringify({ ...story, lastLines, decisions: decisions.map(plain) }, undefined, 2));
  }
  print({ ...story, lastLines }, decisions, paintFor(wantsColor(process.stdout)));
}

/** A process that has ended badly: what it wrote last is often all that one needs to know. */
const isBroken = (object: KubeObject): boolean =>
  object.kind === "LocalProcess" && ["BackOff", "Failed"].includes(statusOf(object).state ?? "");

async function decisionsOf(
  session: Session,
  object: KubeObject,
  { children, watches = [] }: Surroundings,
): Promise<EventObject[]> {
  const about = [...new Set([object, ...children, ...watches])];
  const lists = await Promise.all(about.map((one) => eventsAbout(session, one)));
  return (
    lists
      .flat()
      // They tell of everything that is told here, once more.
      .filter(({ reason }) => reason !== TRACED)
      .toSorted((a, b) => lastSeenMs(a) - lastSeenMs(b) || revisionOf(a) - revisionOf(b))
      .slice(-DECISIONS)
  );
}

/** Events have whole seconds; within one, the order in which they were written is the order of things. */
const revisionOf = ({ metadata }: EventObject): number => Number(metadata.resourceVersion ?? 0);

const plain = (event: EventObject) => ({
  time: new Date(lastSeenMs(event)).toISOString(),
  object: aboutOf(event),
  type: event.type,
  reason: event.reason,
  message: event.message,
});

const aboutOf = ({ involvedObject = {} }: EventObject): string =>
  `${involvedObject.kind ?? ""}/${involvedObject.name ?? ""}`;

function print(
  story: Story & { lastLines: readonly string[] },
  decisions: readonly EventObject[],
  paint: Paint,
): void {
  const [kind, name] = story.object.split("/");
  outLine(`${paint.bold(name ?? "")} (${kind}) is ${story.state}.`);
  for (const line of story.now) outLine(`  ${sanitize(line)}`);
  if (story.lastLines.length) outLine("  the last that it wrote:");
  for (const line of story.lastLines) outLine(`    ${sanitize(line)}`);
  outLine("");
  printChain(story.chain, kind === "FileWatch", paint);
  if (story.trace) outLine(`  tiltish trace ${story.trace.slice(0, 8)} shows how long each step took`);
  if (story.notDone.length) {
    outLine("\nNot done:");
    for (const line of story.notDone) outLine(`  ${sanitize(line)}`);
  }
  if (decisions.length === 0) return;
  outLine("\nLast decisions:");
  for (const event of decisions) {
    const age = `${ageOf(Date.now() - lastSeenMs(event))} ago`.padEnd(11);
    const text = sanitize((event.message ?? "").replaceAll("\n", " "));
    outLine(`  ${paint.dim(age)} ${aboutOf(event)} ${event.reason ?? ""}: ${text}`);
  }
}

function printChain(chain: readonly Step[], isWatch: boolean, paint: Paint): void {
  if (chain.length === 0) return outLine(isWatch ? "It has seen no change yet." : "It has not run yet.");
  outLine(isWatch ? "It saw last" : "It ran because");
  const width = Math.min(48, Math.max(...chain.map(({ text }) => text.length)));
  for (const [i, { text, time, object = "", files = [] }] of chain.entries()) {
    const at = (time ? clockTime(time) : "").padEnd(12);
    outLine(`  ${i + 1} ${sanitize(text).padEnd(width)}  ${paint.dim(at)}  ${paint.dim(object)}`);
    for (const file of files) outLine(`      ${sanitize(file)}`.trimEnd());
  }
}
