export { runOf } from "./container.ts";
export { Pod } from "./pod.ts";
export { CONTAINER } from "./spec.ts";
