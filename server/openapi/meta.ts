import { INT_OR_STRING, META } from "./names.ts";
import { describedRef, refTo, type Schema } from "./schema.ts";
import { API_VERSION, KIND } from "./typemeta.ts";

const text = (description: string): Schema => ({ type: "string", description });
const flag = (description: string): Schema => ({ type: "boolean", description });
const count = (description: string): Schema => ({ type: "integer", format: "int64", description });
const time = (description: string): Schema => ({ type: "string", format: "date-time", description });
const map = (description: string): Schema => ({
  type: "object",
  additionalProperties: { type: "string" },
  description,
});
const list = (items: Schema, description: string, extensions: Schema = {}): Schema => ({
  type: "array",
  items,
  description,
  ...extensions,
});
const object = (
  description: string,
  properties: Record<string, Schema>,
  required: readonly string[] = [],
): Schema => ({ type: "object", description, ...(required.length && { required }), properties });

const LIST_SET = { "x-kubernetes-list-type": "set" };
const BY_UID = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"] };
const ATOMIC = { "x-kubernetes-list-type": "atomic" };
const ATOMIC_MAP = { "x-kubernetes-map-type": "atomic" };

const ObjectMeta = object("What every object has: its name, its identity, and what others attach to it.", {
  name: text("Name, unique among the objects of the kind in the namespace. It cannot change."),
  generateName: text("Start of a name that the server completes, for an object that is given none."),
  namespace: text("Namespace that the object lives in. It cannot change."),
  labels: map("Short values by which objects are found and grouped."),
  annotations: map("Values of any kind that tools attach. Nothing is found by them."),
  uid: text("Identity of this very object; one that takes its name later has another. Set by the server."),
  resourceVersion: text(
    "Revision at which this state was written. Sent back with a write, it refuses the write if the object has changed since.",
  ),
  generation: count("Counts changes of the spec. Set by the server."),
  creationTimestamp: time("When the object was created. Set by the server."),
  deletionTimestamp: time(
    "When deletion was asked for, while finalizers hold the object. Set by the server.",
  ),
  deletionGracePeriodSeconds: count("Seconds that the object was given to end. Set by the server."),
  finalizers: list(
    { type: "string" },
    "Who still has something to clean up. A deleted object is gone once this is empty.",
    LIST_SET,
  ),
  ownerReferences: list(
    refTo(`${META}.OwnerReference`),
    "Objects that this one belongs to. It is deleted when the last of them is gone.",
    BY_UID,
  ),
  managedFields: list(
    refTo(`${META}.ManagedFieldsEntry`),
    "Who set which fields, for server-side apply.",
    ATOMIC,
  ),
  selfLink: text("Left over from older versions of Kubernetes. It is never filled in."),
});

const OwnerReference = {
  ...object(
    "Names an object that another one belongs to, in the same namespace.",
    {
      apiVersion: text("Group and version of the owner."),
      kind: text("Kind of the owner."),
      name: text("Name of the owner."),
      uid: text("Identity of the owner; one of the same name with another uid is not the owner."),
      controller: flag("Whether this owner is the one that manages the object."),
      blockOwnerDeletion: flag("Whether foreground deletion of the owner waits for this object."),
    },
    ["apiVersion", "kind", "name", "uid"],
  ),
  ...ATOMIC_MAP,
};

const ManagedFieldsEntry = object("The fields that one manager has set.", {
  manager: text("Name of who set them."),
  operation: text("Apply or Update."),
  apiVersion: text("Version of the API in which the fields are named."),
  time: time("When the entry last changed."),
  fieldsType: text("Format of the fields: FieldsV1."),
  fieldsV1: describedRef(`${META}.FieldsV1`, "The fields."),
  subresource: text("Subresource through which they were set."),
});

const ListMeta = object("What every list has.", {
  resourceVersion: text("Revision that the list shows. A watch can go on from here."),
  continue: text("Where the next page begins; empty on the last one."),
  remainingItemCount: count("How many items are on the pages after this one, when that is known."),
  selfLink: text("Left over from older versions of Kubernetes. It is never filled in."),
});

const Preconditions = object("What must be true of the object, or the request is refused.", {
  uid: text("Its uid."),
  resourceVersion: text("Its resourceVersion."),
});

const DeleteOptions = object("How to delete.", {
  apiVersion: API_VERSION,
  kind: KIND,
  gracePeriodSeconds: count("Seconds to give it to end."),
  propagationPolicy: text(
    "What becomes of the objects that belong to it. Background: deleted after it. Foreground: deleted before it. Orphan: kept.",
  ),
  orphanDependents: flag("Older form of the propagation policy: true is Orphan."),
  preconditions: describedRef(`${META}.Preconditions`, "What must be true of the object."),
  dryRun: list({ type: "string" }, "All: do everything but store it.", ATOMIC),
});

const StatusCause = object("One reason for a failure.", {
  reason: text("The reason as one CamelCase word."),
  message: text("The same for people."),
  field: text("The field that is wrong, such as spec.argv[0]."),
});

const StatusDetails = object("What a failure is about.", {
  name: text("Name of the object."),
  group: text("Its group."),
  kind: text("Its resource, or its kind when it is invalid."),
  uid: text("Its uid."),
  causes: list(refTo(`${META}.StatusCause`), "Each single reason.", ATOMIC),
  retryAfterSeconds: { type: "integer", format: "int32", description: "Try again after so many seconds." },
});

const Status = object("How a request ended that answers with no object.", {
  apiVersion: API_VERSION,
  kind: KIND,
  metadata: describedRef(`${META}.ListMeta`, "Metadata of the answer."),
  status: text("Success or Failure."),
  message: text("What happened, for people."),
  reason: text("Why it failed, as one CamelCase word that programs can ask for."),
  details: describedRef(`${META}.StatusDetails`, "What the failure is about."),
  code: { type: "integer", format: "int32", description: "The HTTP status code." },
});

/** The definitions that the documents of all kinds refer to. */
export const META_SCHEMAS: Readonly<Record<string, Schema>> = {
  [`${META}.DeleteOptions`]: DeleteOptions,
  [`${META}.FieldsV1`]: { type: "object", description: "A set of fields, as a tree of their names." },
  [`${META}.ListMeta`]: ListMeta,
  [`${META}.ManagedFieldsEntry`]: ManagedFieldsEntry,
  [`${META}.ObjectMeta`]: ObjectMeta,
  [`${META}.OwnerReference`]: OwnerReference,
  [`${META}.Patch`]: { type: "object", description: "A change, in the format that its media type names." },
  [`${META}.Preconditions`]: Preconditions,
  [`${META}.Status`]: Status,
  [`${META}.StatusCause`]: StatusCause,
  [`${META}.StatusDetails`]: StatusDetails,
  [INT_OR_STRING]: {
    description: "A whole number, or a string.",
    format: "int-or-string",
    oneOf: [{ type: "integer" }, { type: "string" }],
  },
};
