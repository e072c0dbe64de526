import { Type, type Static } from "typebox";
import { defineBuiltIn, type ObjectOf } from "../kind.ts";
import { described, Time } from "../meta.ts";
import { ExactMicroTime } from "./time.ts";

const text = (description: string) => Type.Optional(Type.String({ description }));

const ObjectReference = Type.Object({
  kind: text("Kind of the object."),
  namespace: text("Its namespace."),
  name: text("Its name."),
  uid: text("Its identity."),
  apiVersion: text("Its group and version."),
  resourceVersion: text("Its revision."),
  fieldPath: text("The part of it."),
});
export type ObjectReference = Static<typeof ObjectReference>;

/** Something that happened to an object, for people to read. */
export const Event = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "Event", plural: "events", short: ["ev"] },
  description: "Something that happened to an object, for people to read.",
  namespaced: true,
  fields: {
    involvedObject: described(ObjectReference, "The object that it is about."),
    reason: text("One CamelCase word: what happened."),
    message: text("The same for people."),
    source: Type.Optional(
      Type.Object(
        { component: text("Who says so."), host: text("On which machine.") },
        { description: "Who says so." },
      ),
    ),
    firstTimestamp: Type.Optional(Time({ description: "When it was first seen." })),
    lastTimestamp: Type.Optional(Time({ description: "When it was last seen." })),
    count: Type.Optional(Type.Integer({ description: "How often it was seen." })),
    type: text("Normal or Warning."),
    eventTime: Type.Optional(ExactMicroTime({ description: "When it was first seen, with microseconds." })),
    series: Type.Optional(
      Type.Object(
        {
          count: Type.Optional(Type.Integer({ description: "How often it was seen." })),
          lastObservedTime: Type.Optional(ExactMicroTime({ description: "When it was last seen." })),
        },
        { description: "How it repeats." },
      ),
    ),
    action: text("What was done about it."),
    related: Type.Optional(described(ObjectReference, "Another object that has to do with it.")),
    reportingComponent: text("Who says so."),
    reportingInstance: text("Which instance of it."),
  },
  selectableFields: {
    "involvedObject.kind": ".involvedObject.kind",
    "involvedObject.namespace": ".involvedObject.namespace",
    "involvedObject.name": ".involvedObject.name",
    "involvedObject.uid": ".involvedObject.uid",
    "involvedObject.apiVersion": ".involvedObject.apiVersion",
    "involvedObject.resourceVersion": ".involvedObject.resourceVersion",
    "involvedObject.fieldPath": ".involvedObject.fieldPath",
    reason: ".reason",
    reportingComponent: ".reportingComponent",
    source: ".source.component",
    type: ".type",
  },
  columns: [
    { name: "Last Seen", path: lastSeen, type: "date" },
    { name: "Type", path: ".type", type: "string" },
    { name: "Reason", path: ".reason", type: "string" },
    { name: "Object", path: objectOf, type: "string" },
    { name: "Message", path: (event: { message?: string }) => event.message?.trim(), type: "string" },
    { name: "Source", path: ".source.component", type: "string", priority: 1 },
    { name: "Count", path: ".count", type: "integer", priority: 1 },
  ],
});
export type Event = ObjectOf<typeof Event>;

function lastSeen(event: {
  series?: { lastObservedTime?: string };
  lastTimestamp?: string;
  eventTime?: string;
}) {
  return event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? null;
}

function objectOf({ involvedObject }: { involvedObject?: { kind?: string; name?: string } }): string {
  return `${(involvedObject?.kind ?? "").toLowerCase()}/${involvedObject?.name ?? ""}`;
}
