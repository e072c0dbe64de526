import type { Column } from "../kind.ts";
import type { CoreEvent } from "./event.fields.ts";

/** A table of a client may hold objects that have hardly anything. */
type Stored = Partial<CoreEvent>;
type Value = string | number | null | undefined;

/**
 * The columns of Events, whatever version they are shown in.
 *
 * @param storedOf makes what is shown to what is stored.
 */
export function eventColumns(storedOf: (shown: never) => Stored): Column[] {
  const from =
    (read: (event: Stored) => Value): Column["path"] =>
    (shown: never) =>
      read(storedOf(shown));
  return [
    { name: "Last Seen", path: from(lastSeen), type: "date" },
    { name: "Type", path: from(({ type }) => type), type: "string" },
    { name: "Reason", path: from(({ reason }) => reason), type: "string" },
    { name: "Object", path: from(objectOf), type: "string" },
    {
      name: "Subobject",
      path: from((event) => event.involvedObject?.fieldPath),
      type: "string",
      priority: 1,
    },
    { name: "Source", path: from(sourceOf), type: "string", priority: 1 },
    { name: "Message", path: from(({ message }) => message?.trim()), type: "string" },
    { name: "First Seen", path: from(firstSeen), type: "date", priority: 1 },
    { name: "Count", path: from(countOf), type: "integer", priority: 1 },
  ];
}

const firstSeen = ({ firstTimestamp, eventTime }: Stored): Value => firstTimestamp ?? eventTime;

const lastSeen = ({ series, lastTimestamp, ...event }: Stored): Value =>
  series ? series.lastObservedTime : (lastTimestamp ?? firstSeen(event));

/** What happened once has no count in newer events. */
const countOf = ({ series, count }: Stored): Value => (series ? series.count : count || 1);

function objectOf({ involvedObject: { kind = "", name = "" } = {} }: Stored): Value {
  return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase();
}

function sourceOf({ source, reportingComponent, reportingInstance }: Stored): Value {
  return [source?.component || reportingComponent, source?.host || reportingInstance]
    .filter(Boolean)
    .join(", ");
}
