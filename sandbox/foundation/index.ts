export { App } from "./app.ts";
export { Foundation } from "./server.ts";
export { Platform } from "./platform.ts";
export type { WrongAnswer } from "./troubles.ts";
export { Uaa } from "./uaa.ts";
