import { Type, type Static, type TObject } from "typebox";
import {
  commonFields,
  count,
  EventSource,
  ObjectReference,
  text,
  time,
  type CoreEvent,
} from "../core/event.fields.ts";
import type { EventFieldNames } from "../core/event.validate.ts";
import { described, type KubeObject } from "../meta.ts";

/** An Event of `events.k8s.io/v1`. */
export const eventsFields = {
  regarding: Type.Optional(described(ObjectReference, "The object that it is about.")),
  note: text("The same for people."),
  reportingController: text("Who says so."),
  deprecatedSource: Type.Optional(described(EventSource, "Who says so, in older Events.")),
  deprecatedFirstTimestamp: time("When it was first seen, in older Events."),
  deprecatedLastTimestamp: time("When it was last seen, in older Events."),
  deprecatedCount: count("How often it was seen, in older Events."),
  ...commonFields,
};
export type EventsFields = Static<TObject<typeof eventsFields>>;

/** What a field of `v1` is called here. */
const SHOWN_AS = {
  involvedObject: "regarding",
  message: "note",
  reportingComponent: "reportingController",
  source: "deprecatedSource",
  firstTimestamp: "deprecatedFirstTimestamp",
  lastTimestamp: "deprecatedLastTimestamp",
  count: "deprecatedCount",
} as const;

/** The names of `events.k8s.io/v1` for the rules that hold in every version. */
export const eventsNames: EventFieldNames = {
  involvedObject: SHOWN_AS.involvedObject,
  message: SHOWN_AS.message,
  reportingComponent: SHOWN_AS.reportingComponent,
};

const TO_SHOWN = new Map(Object.entries<string>(SHOWN_AS));
const TO_STORED = new Map([...TO_SHOWN].map(([stored, shown]) => [shown, stored]));

const renamed = (object: object, names: ReadonlyMap<string, string>): object =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]));

/** A stored Event as `events.k8s.io/v1` shows it. */
export const eventsEventOf = (stored: KubeObject): KubeObject => ({
  ...(renamed(stored, TO_SHOWN) as KubeObject),
  apiVersion: "events.k8s.io/v1",
});

/** The same Event as it is stored. */
export const coreEventOf = (shown: KubeObject): KubeObject => ({
  ...(renamed(shown, TO_STORED) as KubeObject),
  apiVersion: "v1",
  involvedObject: shown["regarding"] ?? {},
});

export const coreFieldsOf = (shown: EventsFields): CoreEvent => ({
  ...renamed(shown, TO_STORED),
  involvedObject: shown.regarding ?? {},
});
