export { Cluster } from "./cluster.ts";
