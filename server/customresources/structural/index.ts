export { defaulted } from "./defaults.ts";
export { formats } from "./formats.ts";
export * from "./problems.ts";
export { pruned, readable } from "./prune.ts";
export { validate } from "./validate.ts";
export { isEqual, isRecord } from "./values.ts";
