export { render, textOf, valuesAt } from "./evaluate.ts";
export { parsePath, parseTemplate } from "./parse.ts";
