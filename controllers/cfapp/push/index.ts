export { pushApp } from "./push.ts";
export { type Pushed, PushError, type PushRequest, type PushStep } from "./request.ts";
