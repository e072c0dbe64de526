import { defineBuiltIn, type ObjectOf, READ_VERBS } from "../../kind.ts";
import type { KubeObject, ObjectMeta } from "../../meta.ts";
import { LocalProcess } from "../../v1alpha1/index.ts";
import { podColumns } from "./columns.ts";
import { podFields } from "./schema.ts";
import { podSpecOf } from "./spec.ts";
import { podStatusOf } from "./status.ts";

const NO_CONTAINER = "this Pod shows a LocalProcess, an ordinary process of this machine:";

/** Every LocalProcess as tools that know Pods want to see it. */
export const Pod = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "Pod", plural: "pods", short: ["po"], categories: ["all"] },
  description:
    "A LocalProcess, shown as a Pod to tools that know Pods: kubectl logs, k9s and the like. It can only be read; change the LocalProcess of the same name instead.",
  namespaced: true,
  fields: podFields,
  verbs: READ_VERBS,
  statusSubresource: true,
  log: true,
  missing: {
    exec: `${NO_CONTAINER} run the command in a terminal`,
    attach: `${NO_CONTAINER} its standard input is empty, and kubectl logs -f shows its output`,
    portforward: `${NO_CONTAINER} its ports are on localhost already`,
    proxy: `${NO_CONTAINER} its ports are on localhost already`,
    ephemeralcontainers: `${NO_CONTAINER} debug it with the tools of this machine`,
    eviction: `${NO_CONTAINER} delete or disable the LocalProcess to end it`,
    resize: `${NO_CONTAINER} its resources are not limited`,
  },
  selectableFields: {
    "spec.nodeName": ".spec.nodeName",
    "spec.restartPolicy": ".spec.restartPolicy",
    "spec.hostNetwork": ".spec.hostNetwork",
    "spec.schedulerName": ".spec.schedulerName",
    "spec.serviceAccountName": ".spec.serviceAccountName",
    "status.nominatedNodeName": ".status.nominatedNodeName",
    "status.phase": ".status.phase",
    "status.podIP": ".status.podIP",
    "status.podIPs": ".status.podIP",
  },
  view: {
    of: { group: LocalProcess.group, plural: LocalProcess.plural },
    read: (stored) => podOf(stored as unknown as LocalProcess),
  },
  columns: podColumns,
});

export type Pod = ObjectOf<typeof Pod>;

/** It has the uid of the process, of which it is another form: so events about the process are about it. */
const podOf = (process: LocalProcess): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: metadataOf(process.metadata),
  spec: podSpecOf(process),
  status: podStatusOf(process),
});

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Without what is about the fields of the process. */
function metadataOf(metadata: ObjectMeta): ObjectMeta {
  const { managedFields: _, generation: __, annotations = {}, ...rest } = metadata;
  const { [LAST_APPLIED]: ___, ...kept } = annotations;
  return {
    ...rest,
    ...(Object.keys(kept).length > 0 && { annotations: kept }),
    // Clients count on it wherever there is a time of deletion.
    ...(rest.deletionTimestamp && { deletionGracePeriodSeconds: rest.deletionGracePeriodSeconds ?? 0 }),
  };
}
