export { Cluster, type ObjectName } from "./cluster.ts";
export { deletionOf, releaseOf } from "./hints.ts";
