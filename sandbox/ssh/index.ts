export { SshProxy } from "./proxy.ts";
