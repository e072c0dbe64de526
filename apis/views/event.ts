import { eventColumns } from "../core/event.columns.ts";
import { eventErrors } from "../core/event.validate.ts";
import { defineBuiltIn } from "../kind.ts";
import { changeErrors } from "./event.changes.ts";
import { coreEventOf, coreFieldsOf, eventsEventOf, eventsFields, eventsNames } from "./event.fields.ts";

/** An Event as newer clients write it. It is stored, and can be read, as one of `v1`. */
export const EventsEvent = defineBuiltIn({
  group: "events.k8s.io",
  version: "v1",
  names: { kind: "Event", plural: "events" },
  description:
    "Something that happened to an object, as newer clients tell it. The same Events as those of v1.",
  namespaced: true,
  createOnUpdate: true,
  fields: eventsFields,
  selectableFields: {
    "regarding.kind": ".regarding.kind",
    "regarding.namespace": ".regarding.namespace",
    "regarding.name": ".regarding.name",
    "regarding.uid": ".regarding.uid",
    "regarding.apiVersion": ".regarding.apiVersion",
    "regarding.resourceVersion": ".regarding.resourceVersion",
    "regarding.fieldPath": ".regarding.fieldPath",
    reason: ".reason",
    reportingController: ".reportingController",
    type: ".type",
  },
  view: {
    of: { group: "", plural: "events" },
    read: eventsEventOf,
    write: coreEventOf,
  },
  validate: (event) => eventErrors({ metadata: event.metadata, ...coreFieldsOf(event) }, eventsNames),
  validateChange: changeErrors,
  columns: eventColumns(coreFieldsOf),
});
