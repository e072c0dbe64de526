export { runOf } from "./container.ts";
export { Pod } from "./pod.ts";
export { CONTAINER, nodeNameOf } from "./spec.ts";
