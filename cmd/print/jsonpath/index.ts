export { valuesAt } from "../../../apis/jsonpath/index.ts";
export { render, textOf } from "./evaluate.ts";
export { parsePath, parseTemplate } from "./parse.ts";
