export { valuesAt } from "./evaluate.ts";
export { stepsOf, type Step } from "./steps.ts";
