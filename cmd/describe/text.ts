import { ageOf } from "../../apis/duration.ts";
import type { Condition, KubeObject } from "../../apis/meta.ts";
import { LAST_APPLIED } from "../apply/three-way.ts";
import { sanitize } from "../cli/sanitize.ts";
import { lastSeenMs, seenText, type EventObject } from "../events/event.ts";
import { Columns } from "../print/columns.ts";
import { toYaml } from "../print/yaml.ts";

interface Description {
  object: KubeObject;
  /** Undefined: not asked for. */
  events: readonly EventObject[] | undefined;
  children: readonly KubeObject[];
  /** Last lines of its log, where it failed. */
  log: readonly string[];
}

/** One object in the order in which people look: who, what is wished, what is, what happened. */
export async function describeText({ object, events, children, log }: Description): Promise<string> {
  const { apiVersion, kind, metadata, status, ...fields } = object;
  const { conditions, ...rest } = (status ?? {}) as { conditions?: Condition[] };
  const parts = [
    heading(object, children),
    ...(await Promise.all(
      Object.entries(fields).map(([name, value]) => section(name, kind === "Secret" ? hidden(value) : value)),
    )),
    ...(Object.keys(rest).length ? [await section("status", rest)] : []),
    ...(conditions?.length ? [conditionTable(conditions)] : []),
    ...(log.length ? [`Last Log Lines:\n${log.map((line) => `  ${sanitize(line)}\n`).join("")}`] : []),
    ...(events ? [eventTable(events)] : []),
  ];
  return parts.join("");
}

function heading({ apiVersion, kind, metadata }: KubeObject, children: readonly KubeObject[]): string {
  const { labels = {}, annotations = {}, ownerReferences = [], deletionTimestamp, finalizers } = metadata;
  const { [LAST_APPLIED]: _, ...shown } = annotations;
  const owner = ownerReferences.find(({ controller }) => controller);
  const rows: [string, string | undefined][] = [
    ["Name", metadata.name],
    ["Namespace", metadata.namespace],
    ["Labels", several(labels, "=")],
    ["Annotations", several(shown, ": ")],
    ["API Version", apiVersion],
    ["Kind", kind],
    ["Created", since(metadata.creationTimestamp)],
    ["Being Deleted", deletionTimestamp && `${since(deletionTimestamp)}, held by ${finalizers?.join(", ")}`],
    ["Controlled By", owner && `${owner.kind}/${owner.name}`],
    ["Owns", children.map(({ kind, metadata }) => `${kind}/${metadata.name}`).join(", ") || undefined],
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${`${name}:`.padEnd(15)}${indented(sanitize(value!), 15)}\n`)
    .join("");
}

const several = (values: Record<string, string>, sign: string): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}${sign}${value}`)
    .join("\n") || "<none>";

const since = (time: string | undefined): string | undefined =>
  time && `${time} (${ageOf(Date.now() - Date.parse(time))} ago)`;

async function section(name: string, value: unknown): Promise<string> {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  if (typeof value !== "object" || value === null)
    return `${title}:`.padEnd(15) + `${JSON.stringify(value)}\n`;
  return `${title}:\n${sanitize(await toYaml(value)).replace(/^(?=.)/gm, "  ")}`;
}

/** A secret says which keys it has, and how long their values are. */
function hidden(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as Record<string, unknown>).map(([key, text]) => [
    key,
    `${Buffer.from(String(text), "base64").length} bytes`,
  ]);
  return Object.fromEntries(entries) as unknown;
}

function conditionTable(conditions: readonly Condition[]): string {
  const rows = conditions.map(({ type, status, reason, lastTransitionTime, message }) => [
    `  ${type}`,
    status,
    reason,
    ageOf(Date.now() - Date.parse(lastTransitionTime)),
    sanitize(message.replaceAll("\n", " ")),
  ]);
  return `Conditions:\n${new Columns().format([["  Type", "Status", "Reason", "Age", "Message"], ...rows])}`;
}

function eventTable(events: readonly EventObject[]): string {
  if (events.length === 0) return `${"Events:".padEnd(15)}<none>\n`;
  const rows = events
    .toSorted((a, b) => lastSeenMs(a) - lastSeenMs(b))
    .map((event) => [
      `  ${event.type ?? ""}`,
      event.reason ?? "",
      seenText(event),
      event.source?.component || event.reportingComponent || "",
      sanitize((event.message ?? "").trim().replaceAll("\n", " ")),
    ]);
  return `Events:\n${new Columns().format([["  Type", "Reason", "Age", "From", "Message"], ...rows])}`;
}

const indented = (text: string, by: number): string => text.replaceAll("\n", `\n${" ".repeat(by)}`);
