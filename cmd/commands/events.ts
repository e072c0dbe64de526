import type { KubeObject } from "../../apis/meta.ts";
import { usageError } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { lastSeenMs, seenText, type EventObject } from "../events/event.ts";
import { eventsOf } from "../events/list.ts";
import { Columns } from "../print/columns.ts";
import { printerOf } from "../print/objects.ts";
import { watchType } from "../resources/watch.ts";

/** `tiltish events`: oldest first, as kubectl has it. */
export async function run({ options }: Invocation): Promise<void> {
  const session = await connect(options);
  const wanted = await filterOf(options, session);
  const namespace = options.flag("all-namespaces") ? undefined : session.namespace;
  const { events, resourceVersion } = await eventsOf(session, {
    namespace,
    fieldSelector: wanted.fieldSelector,
  });
  const print = await printerFor(options, session);
  const kept = events.filter(wanted.matches).toSorted((a, b) => lastSeenMs(a) - lastSeenMs(b));
  if (kept.length) out(await print(kept));
  else if (!options.flag("watch")) say(noneFound(namespace));
  if (!options.flag("watch")) return;
  const type = (await session.types()).one("events");
  const scope = { namespace, fieldSelector: wanted.fieldSelector, resourceVersion };
  for await (const { type: change, object } of watchType(session, type, scope)) {
    const event = object as EventObject;
    if (change !== "DELETED" && wanted.matches(event)) out(await print([event]));
  }
}

const noneFound = (namespace: string | undefined): string =>
  namespace === undefined ? "No events found." : `No events found in ${namespace} namespace.`;

interface Filter {
  fieldSelector: string | undefined;
  matches: (event: EventObject) => boolean;
}

async function filterOf(options: Options, session: Session): Promise<Filter> {
  const types = options
    .text("types")
    ?.split(",")
    .map((type) => type.toLowerCase());
  const matches = (event: EventObject) => !types || types.includes((event.type ?? "").toLowerCase());
  const about = options.text("for");
  if (about === undefined) return { fieldSelector: undefined, matches };
  const [word, name, ...more] = about.split("/");
  if (!word || !name || more.length) throw usageError(`--for is TYPE/NAME, such as lp/web, not "${about}"`);
  const { kind } = (await session.types()).one(word);
  return { fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name}`, matches };
}

async function printerFor(
  options: Options,
  session: Session,
): Promise<(events: EventObject[]) => Promise<string>> {
  const printer = await printerOf(options.text("output") ?? "");
  if (printer) {
    const type = (await session.types()).one("events");
    return async (events) =>
      printer(
        events.map((object) => ({ type, object: object as KubeObject })),
        false,
      );
  }
  const withNamespace = options.flag("all-namespaces");
  const columns = new Columns();
  let headers = options.flag("no-headers") ? [] : [headersOf(withNamespace)];
  return (events) => {
    const text = columns.format([...headers, ...events.map((event) => rowOf(event, withNamespace))]);
    headers = [];
    return Promise.resolve(text);
  };
}

const headersOf = (withNamespace: boolean): string[] => [
  ...(withNamespace ? ["NAMESPACE"] : []),
  "LAST SEEN",
  "TYPE",
  "REASON",
  "OBJECT",
  "MESSAGE",
];

function rowOf(event: EventObject, withNamespace: boolean): string[] {
  const { involvedObject: about = {}, metadata } = event;
  const cells = [
    seenText(event),
    event.type ?? "",
    event.reason ?? "",
    `${about.kind ?? ""}/${about.name ?? ""}`,
    (event.message ?? "").trim().replaceAll("\n", " "),
  ];
  return (withNamespace ? [metadata.namespace ?? "", ...cells] : cells).map(sanitize);
}
