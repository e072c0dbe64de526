export { Cluster, FIELD_MANAGER } from "./cluster.ts";
