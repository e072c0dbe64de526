export { defaulted, hasDefaults } from "./defaults.ts";
export { formats } from "./formats.ts";
export * from "./problems.ts";
export { pruned } from "./prune.ts";
export { validate } from "./validate.ts";
export { isEqual, isRecord } from "./values.ts";
