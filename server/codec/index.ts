export * from "./compress.ts";
export * from "./decode.ts";
export * from "./encode.ts";
export * from "./negotiate.ts";
export * from "./prefer.ts";
export type { Decoded } from "./json.ts";
export { encodeYaml } from "./yaml.ts";
