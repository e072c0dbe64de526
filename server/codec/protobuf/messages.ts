import { DEFINITION } from "./definitions.ts";
import {
  boolean,
  bytes,
  integer,
  json,
  keptInteger,
  keptText,
  list,
  map,
  microTime,
  nested,
  one,
  text,
  time,
  type Message,
} from "./message.ts";

// Field numbers are from the `generated.proto` files of https://github.com/kubernetes/api and apimachinery.

const OwnerReference: Message = {
  1: one("kind", text),
  3: one("name", text),
  4: one("uid", text),
  5: one("apiVersion", text),
  6: one("controller", boolean),
  7: one("blockOwnerDeletion", boolean),
};

const FieldsV1: Message = { 1: one("raw", json) };

const ManagedFieldsEntry: Message = {
  1: one("manager", text),
  2: one("operation", text),
  3: one("apiVersion", text),
  4: one("time", time),
  6: one("fieldsType", text),
  7: one("fieldsV1", (value) => (nested(FieldsV1)(value) as { raw?: unknown }).raw),
  8: one("subresource", text),
};

const ObjectMeta: Message = {
  1: one("name", text),
  2: one("generateName", text),
  3: one("namespace", text),
  5: one("uid", text),
  6: one("resourceVersion", text),
  7: one("generation", integer),
  8: one("creationTimestamp", time),
  9: one("deletionTimestamp", time),
  10: one("deletionGracePeriodSeconds", keptInteger),
  11: map("labels", keptText),
  12: map("annotations", keptText),
  13: list("ownerReferences", nested(OwnerReference)),
  14: list("finalizers", keptText),
  17: list("managedFields", nested(ManagedFieldsEntry)),
};

const metadata = one("metadata", nested(ObjectMeta));

const ConfigMap: Message = {
  1: metadata,
  2: map("data", keptText),
  3: map("binaryData", bytes),
  4: one("immutable", boolean),
};

const Secret: Message = {
  1: metadata,
  2: map("data", bytes),
  3: one("type", text),
  4: map("stringData", keptText),
  5: one("immutable", boolean),
};

const NamespaceCondition: Message = {
  1: one("type", text),
  2: one("status", text),
  4: one("lastTransitionTime", time),
  5: one("reason", text),
  6: one("message", text),
};

const Namespace: Message = {
  1: metadata,
  2: one("spec", nested({ 1: list("finalizers", keptText) })),
  3: one("status", nested({ 1: one("phase", text), 2: list("conditions", nested(NamespaceCondition)) })),
};

const Lease: Message = {
  1: metadata,
  2: one(
    "spec",
    nested({
      // Leaving is written as an empty holder.
      1: one("holderIdentity", keptText),
      2: one("leaseDurationSeconds", keptInteger),
      3: one("acquireTime", microTime),
      4: one("renewTime", microTime),
      5: one("leaseTransitions", keptInteger),
      6: one("strategy", text),
      7: one("preferredHolder", text),
    }),
  ),
};

const ObjectReference: Message = {
  1: one("kind", text),
  2: one("namespace", text),
  3: one("name", text),
  4: one("uid", text),
  5: one("apiVersion", text),
  6: one("resourceVersion", text),
  7: one("fieldPath", text),
};

const EventSource: Message = { 1: one("component", text), 2: one("host", text) };
const EventSeries: Message = { 1: one("count", integer), 2: one("lastObservedTime", microTime) };

const CoreEvent: Message = {
  1: metadata,
  2: one("involvedObject", nested(ObjectReference)),
  3: one("reason", text),
  4: one("message", text),
  5: one("source", nested(EventSource)),
  6: one("firstTimestamp", time),
  7: one("lastTimestamp", time),
  8: one("count", integer),
  9: one("type", text),
  10: one("eventTime", microTime),
  11: one("series", nested(EventSeries)),
  12: one("action", text),
  13: one("related", nested(ObjectReference)),
  14: one("reportingComponent", text),
  15: one("reportingInstance", text),
};

const Event: Message = {
  1: metadata,
  2: one("eventTime", microTime),
  3: one("series", nested(EventSeries)),
  4: one("reportingController", text),
  5: one("reportingInstance", text),
  6: one("action", text),
  7: one("reason", text),
  8: one("regarding", nested(ObjectReference)),
  9: one("related", nested(ObjectReference)),
  10: one("note", text),
  11: one("type", text),
  12: one("deprecatedSource", nested(EventSource)),
  13: one("deprecatedFirstTimestamp", time),
  14: one("deprecatedLastTimestamp", time),
  15: one("deprecatedCount", integer),
};

export const DELETE_OPTIONS: Message = {
  1: one("gracePeriodSeconds", keptInteger),
  2: one("preconditions", nested({ 1: one("uid", keptText), 2: one("resourceVersion", keptText) })),
  3: one("orphanDependents", boolean),
  4: one("propagationPolicy", text),
  5: list("dryRun", keptText),
};

const Requirement: Message = {
  1: one("key", text),
  2: one("operator", text),
  3: list("values", keptText),
};
const Selector: Message = { 1: one("rawSelector", text), 2: list("requirements", nested(Requirement)) };

const ResourceAttributes: Message = {
  1: one("namespace", text),
  2: one("verb", text),
  3: one("group", text),
  4: one("version", text),
  5: one("resource", text),
  6: one("subresource", text),
  7: one("name", text),
  8: one("fieldSelector", nested(Selector)),
  9: one("labelSelector", nested(Selector)),
};

const Access: Message = {
  1: one("resourceAttributes", nested(ResourceAttributes)),
  2: one("nonResourceAttributes", nested({ 1: one("path", text), 2: one("verb", text) })),
};

const SelfSubjectAccessReview: Message = { 1: metadata, 2: one("spec", nested(Access)) };

const texts: Message = { 1: list("items", keptText) };

/** Also `LocalSubjectAccessReview`. */
const SubjectAccessReview: Message = {
  1: metadata,
  2: one(
    "spec",
    nested({
      ...Access,
      3: one("user", text),
      4: list("groups", keptText),
      5: map("extra", (value) => (nested(texts)(value) as { items?: string[] }).items ?? []),
      6: one("uid", text),
    }),
  ),
};

const TokenReview: Message = {
  1: metadata,
  2: one("spec", nested({ 1: one("token", text), 2: list("audiences", keptText) })),
};

const SelfSubjectRulesReview: Message = {
  1: metadata,
  2: one("spec", nested({ 1: one("namespace", text) })),
};

/** By apiVersion and kind. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  "v1/ConfigMap": ConfigMap,
  "v1/Secret": Secret,
  "v1/Namespace": Namespace,
  "v1/Event": CoreEvent,
  "events.k8s.io/v1/Event": Event,
  "coordination.k8s.io/v1/Lease": Lease,
  "apiextensions.k8s.io/v1/CustomResourceDefinition": { 1: metadata, ...DEFINITION },
  "authorization.k8s.io/v1/SelfSubjectAccessReview": SelfSubjectAccessReview,
  "authorization.k8s.io/v1/SelfSubjectRulesReview": SelfSubjectRulesReview,
  "authorization.k8s.io/v1/SubjectAccessReview": SubjectAccessReview,
  "authorization.k8s.io/v1/LocalSubjectAccessReview": SubjectAccessReview,
  "authentication.k8s.io/v1/TokenReview": TokenReview,
  "authentication.k8s.io/v1/SelfSubjectReview": { 1: metadata },
};
