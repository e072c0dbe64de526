import { defineBuiltIn, type ObjectOf } from "../kind.ts";
import { eventColumns } from "./event.columns.ts";
import { coreFields, type CoreEvent } from "./event.fields.ts";
import { eventErrors } from "./event.validate.ts";

export type { ObjectReference } from "./event.fields.ts";

const NAMES = {
  involvedObject: "involvedObject",
  message: "message",
  reportingComponent: "reportingComponent",
};

/** Something that happened to an object, for people to read. */
export const Event = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "Event", plural: "events", short: ["ev"] },
  description: "Something that happened to an object, for people to read.",
  namespaced: true,
  createOnUpdate: true,
  fields: coreFields,
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
    source: [".source.component", ".reportingComponent"],
    type: ".type",
  },
  validate: (event) => eventErrors(event, NAMES),
  columns: eventColumns((event: CoreEvent) => event),
});
export type Event = ObjectOf<typeof Event>;
