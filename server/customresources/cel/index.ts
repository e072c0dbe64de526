export { asksForOldSelf, compileProblem, functionsMissingIn } from "./compile.ts";
export { resourceSchema, resourceValue } from "./resource.ts";
export { checkRules } from "./rules.ts";
