import type { FieldError } from "../errors.ts";
import type { ObjectMeta } from "../meta.ts";
import type { CoreEvent } from "./event.fields.ts";

/** How the version that is written calls the fields. */
export interface EventFieldNames {
  readonly involvedObject: string;
  readonly message: string;
  readonly reportingComponent: string;
}

type Event = CoreEvent & { metadata: ObjectMeta };

/**
 * The rules for Events in all versions: the namespace is that of the object, and who tells a time to the microsecond
 * also tells who saw it and what was done.
 */
export function eventErrors(event: Event, names: EventFieldNames): FieldError[] {
  return event.eventTime === undefined
    ? namespaceErrors(event, names, ["", "default"])
    : [...namespaceErrors(event, names, ["", "default", "kube-system"]), ...detailErrors(event, names)];
}

/** @param homes where Events about what is in no namespace may be. */
function namespaceErrors(
  { metadata, involvedObject, eventTime }: Event,
  names: EventFieldNames,
  homes: readonly string[],
): FieldError[] {
  const { namespace: own = "" } = metadata;
  const { namespace: theirs = "" } = involvedObject;
  // Newer Events may be kept elsewhere than the object that they are about.
  const isRight = theirs === "" ? homes.includes(own) : own === theirs || eventTime !== undefined;
  if (isRight) return [];
  const message = `Invalid value: ${JSON.stringify(theirs)}: does not match event.namespace`;
  return [{ field: `${names.involvedObject}.namespace`, message }];
}

const SHORT = 128;
const LONGEST_MESSAGE = 1024;

function detailErrors(event: Event, names: EventFieldNames): FieldError[] {
  const { reportingComponent = "", reportingInstance, action, reason, message } = event;
  return [
    ...neededErrors(names.reportingComponent, reportingComponent),
    ...(reportingComponent === "" ? [] : nameErrors(names.reportingComponent, reportingComponent)),
    ...neededErrors("reportingInstance", reportingInstance),
    ...lengthErrors("reportingInstance", reportingInstance, SHORT),
    ...neededErrors("action", action),
    ...lengthErrors("action", action, SHORT),
    ...neededErrors("reason", reason),
    ...lengthErrors("reason", reason, SHORT),
    ...lengthErrors(names.message, message, LONGEST_MESSAGE),
  ];
}

const neededErrors = (field: string, value: string | undefined): FieldError[] =>
  value ? [] : [{ field, message: "Required value", reason: "FieldValueRequired" }];

/** Bytes, as Go counts. */
function lengthErrors(field: string, value: string | undefined, limit: number): FieldError[] {
  if (new TextEncoder().encode(value ?? "").length <= limit) return [];
  return [{ field, message: `Invalid value: "": can have at most ${limit} characters` }];
}

const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;

function nameErrors(field: string, value: string): FieldError[] {
  const parts = value.split("/");
  const [prefix, name] = parts.length === 1 ? [undefined, value] : parts;
  const isPrefix = prefix === undefined || (prefix.length <= 253 && PREFIX.test(prefix));
  if (parts.length <= 2 && isPrefix && NAME.test(name)) return [];
  const why = "must be a qualified name such as example.com/controller";
  return [{ field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` }];
}
