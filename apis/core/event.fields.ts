import { Type, type Static, type TObject } from "typebox";
import { ATOMIC, described, Int32, Time } from "../meta.ts";
import { ExactMicroTime } from "./time.ts";

export const text = (description: string) => Type.Optional(Type.String({ description }));
export const time = (description: string) => Type.Optional(Time({ description }));
export const count = (description: string) => Type.Optional(Int32({ description }));

/** Atomic, as in Kubernetes: half of a reference leads to nothing. */
export const ObjectReference = Type.Object(
  {
    kind: text("Kind of the object."),
    namespace: text("Its namespace."),
    name: text("Its name."),
    uid: text("Its identity."),
    apiVersion: text("Its group and version."),
    resourceVersion: text("Its revision."),
    fieldPath: text("The part of it."),
  },
  ATOMIC,
);
export type ObjectReference = Static<typeof ObjectReference>;

export const EventSource = Type.Object(
  { component: text("Who says so."), host: text("On which machine.") },
  { description: "Who says so." },
);

/** What an Event has in every version. */
export const commonFields = {
  reason: text("One CamelCase word: what happened."),
  type: text("Normal or Warning."),
  eventTime: Type.Optional(ExactMicroTime({ description: "When it was first seen, with microseconds." })),
  series: Type.Optional(
    Type.Object(
      {
        count: count("How often it was seen."),
        lastObservedTime: Type.Optional(ExactMicroTime({ description: "When it was last seen." })),
      },
      { description: "How it repeats." },
    ),
  ),
  action: text("What was done about it."),
  related: Type.Optional(described(ObjectReference, "Another object that has to do with it.")),
  reportingInstance: text("Which instance of it."),
};

/** An Event of `v1`, which is how Events are stored. */
export const coreFields = {
  involvedObject: described(ObjectReference, "The object that it is about."),
  message: text("The same for people."),
  source: Type.Optional(EventSource),
  firstTimestamp: time("When it was first seen."),
  lastTimestamp: time("When it was last seen."),
  count: count("How often it was seen."),
  reportingComponent: text("Who says so."),
  ...commonFields,
};

/** The fields of an Event as they are stored. */
export type CoreEvent = Static<TObject<typeof coreFields>>;
