export { Cluster, type ObjectName } from "./cluster.ts";
export { Clusters } from "./clusters.ts";
export { deletionOf, releaseOf } from "./hints.ts";
