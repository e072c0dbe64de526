import { Type, type Static, type TSchema } from "typebox";

/** The group of every kind of ours. */
export const GROUP = "tiltish.dev";
export const VERSION = "v1alpha1";

/** Any new value asks for a run now; `tiltish trigger` sets it. */
export const TRIGGER_ANNOTATION = "tiltish.dev/trigger";
/** Written by a FileWatch onto what its selector matches: time of the last change it saw. */
export const FILE_WATCH_TIMESTAMP_ANNOTATION = "tiltish.dev/file-watch-timestamp";
/** On a Namespace: the directory against which relative paths in its objects are resolved. */
export const ROOT_ANNOTATION = "tiltish.dev/root";
/** On a Namespace: how many builds may run at once in it, instead of the limit that all others share. */
export const MAX_PARALLEL_BUILDS_ANNOTATION = "tiltish.dev/max-parallel-builds";

/** The number that such an annotation stands for; undefined for what is none. */
export const parallelBuildsOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The fields that one manager has set, or applied. */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  /** In which the fields are named. */
  readonly apiVersion: string;
  /** When the manager last wrote one of them. */
  readonly time?: string;
  readonly fieldsType: "FieldsV1";
  /** A tree of elements: `f:NAME`, `k:{"KEY":VALUE}`, `v:VALUE`, and `.` for the field itself. */
  readonly fieldsV1: object;
  readonly subresource?: string;
}

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  /** Revision of the store at which this state was written. Opaque to clients. */
  resourceVersion?: string;
  /** Counts changes of the spec. */
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: readonly ManagedFieldsEntry[];
}

/** Any object of the API. The rest of the fields depends on the kind. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

/** A list as the API answers it. */
export interface KubeList<T = KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: T[];
}

/** Names one object; `namespace` is empty for a cluster-scoped one. */
export interface NamespacedName {
  namespace: string;
  name: string;
}

/** Strings of a fixed set, as Kubernetes writes enums. */
export const Enum = <const T extends readonly string[]>(values: readonly [...T], options: object = {}) =>
  Type.Unsafe<T[number]>({ type: "string", enum: values, ...options });

/**
 * A field that the server fills in when it is left out: always there in a stored object, never required of a writer.
 */
export const Defaulted = <T extends TSchema>(schema: T, value: unknown): T => ({ ...schema, default: value });

/** The same schema, saying what it is for where it stands. */
export const described = <T extends TSchema>(schema: T, description: string): T => ({
  ...schema,
  description,
});

/** A Go duration such as `"200ms"`, `"2s"`, `"1m30s"`. */
export const Duration = (options: object = {}) =>
  Type.String({
    format: "duration",
    pattern: "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$",
    maxLength: 40,
    ...options,
  });

/** A whole number as Kubernetes types most of them. What is beyond could be read by no client that does. */
export const Int32 = (options: object = {}) => Type.Integer({ format: "int32", ...options });

/** Bytes, as Kubernetes writes them: base64. */
export const Bytes = (options: object = {}) => Type.String({ format: "byte", ...options });

/** An RFC 3339 time with microseconds, for times whose order matters. */
export const MicroTime = (options: object = {}) => Type.String({ format: "date-time", ...options });

/** An RFC 3339 time. */
export const Time = (options: object = {}) => Type.String({ format: "date-time", ...options });

/** A list whose items are told apart by the named fields, as server-side apply and strategic merge see it. */
export const ListMap = <T extends TSchema>(item: T, keys: string[], options: object = {}) =>
  Type.Array(item, { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys, ...options });

/** A list whose items are told apart by their values. */
export const ListSet = <T extends TSchema>(item: T, options: object = {}) =>
  Type.Array(item, { "x-kubernetes-list-type": "set", ...options });

/** Says of a map, or of an object, that it has one owner for all that is in it: parts of it would mean nothing. */
export const ATOMIC = { "x-kubernetes-map-type": "atomic" } as const;

export const Condition = Type.Object({
  type: Type.String({ description: "What the condition is about, such as Ready." }),
  status: Enum(["True", "False", "Unknown"], { description: "Whether it holds." }),
  reason: Type.String({ description: "One CamelCase word that programs can ask for." }),
  message: Type.String({ description: "The same for people." }),
  lastTransitionTime: Time({ description: "When status last changed." }),
  observedGeneration: Type.Optional(
    Type.Integer({ description: "The metadata.generation that was looked at." }),
  ),
});
export type Condition = Static<typeof Condition>;

/** Present in the status of every kind of ours. */
export const commonStatus = {
  observedGeneration: Type.Optional(
    Type.Integer({ description: "The metadata.generation that this status describes." }),
  ),
  conditions: Type.Optional(
    ListMap(Condition, ["type"], { description: "Conditions of this object; Ready is always among them." }),
  ),
};

export const LabelSelector = Type.Object(
  {
    matchLabels: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "Labels that must be there, with these values.",
      }),
    ),
    matchExpressions: Type.Optional(
      Type.Array(
        Type.Object({
          key: Type.String({ description: "Label key." }),
          operator: Enum(["In", "NotIn", "Exists", "DoesNotExist"], { description: "How to compare." }),
          values: Type.Optional(Type.Array(Type.String(), { description: "Values for In and NotIn." })),
        }),
        { description: "Requirements that must all hold." },
      ),
    ),
  },
  { description: "Selects objects by their labels. An empty selector selects everything.", ...ATOMIC },
);
export type LabelSelector = Static<typeof LabelSelector>;
