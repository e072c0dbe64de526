export { CustomKinds } from "./kinds.ts";
