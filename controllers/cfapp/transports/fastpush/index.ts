export { FastPushTransport, type FastPushOptions } from "./transport.ts";
