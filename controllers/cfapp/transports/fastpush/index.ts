export { type AppStatus, FastPushTransport, type FastPushOptions } from "./transport.ts";
