import type { KubeObject } from "../../apis/meta.ts";
import { EXIT, usageError } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import { statusMessage } from "../cli/report.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { describeText } from "../describe/text.ts";
import { eventsAbout } from "../events/list.ts";
import { fetchObjects } from "../get/fetch.ts";
import { queryFrom } from "../get/query.ts";
import { logLines } from "../logs/stream.ts";
import { select } from "../resources/select.ts";
import type { ResourceType } from "../resources/types.ts";
import { surroundingsOf } from "../why/surroundings.ts";

const LOG_LINES = 10;

/** `tiltish describe`: everything about objects that a person may want to know. */
export async function run({ options, args }: Invocation): Promise<number> {
  const session = await connect(options);
  const selections = select(await session.types(), args);
  if (options.flag("all-namespaces") && selections.some(({ names }) => names)) {
    throw usageError("a resource cannot be retrieved by name across all namespaces");
  }
  const query = { ...queryFrom(options, session), chunkSize: 500 };
  const texts: string[] = [];
  const missing: Error[] = [];
  for (const selection of selections) {
    const found = await fetchObjects(session, selection, query);
    missing.push(...found.missing);
    for (const object of found.parts)
      texts.push(await describe(session, selection.type, { object, options }));
  }
  out(texts.join("\n\n"));
  for (const error of missing) say(statusMessage(error as Parameters<typeof statusMessage>[0]));
  if (texts.length === 0 && missing.length === 0) say("No resources found");
  return missing.length ? EXIT.failed : EXIT.ok;
}

async function describe(
  session: Session,
  type: ResourceType,
  { object, options }: { object: KubeObject; options: Options },
): Promise<string> {
  const events = options.flag("show-events", true) ? await eventsAbout(session, object) : undefined;
  const { children } = type.namespaced ? await surroundingsOf(session, object) : { children: [] };
  const log =
    hasFailed(object) && type.subresources.includes("log") ? await lastLines(session, type, object) : [];
  return describeText({ object, events, children, log });
}

function hasFailed({ status }: KubeObject): boolean {
  const { state } = (status ?? {}) as { state?: string };
  return state === "Failed" || state === "BackOff";
}

async function lastLines(session: Session, type: ResourceType, { metadata }: KubeObject): Promise<string[]> {
  const lines: string[] = [];
  const owner = { type, namespace: metadata.namespace ?? "", name: metadata.name };
  try {
    for await (const { text } of logLines(session, owner, { tailLines: String(LOG_LINES) })) lines.push(text);
  } catch {
    // The log is an extra here; the rest is what was asked for.
  }
  return lines.slice(-LOG_LINES);
}
