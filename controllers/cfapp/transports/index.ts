export { type Connected, connectFirst } from "./connect-first.ts";
export { sshTransports, type SshTransportOptions } from "./ssh-transports.ts";
export type { SshPlatform } from "./ssh/connections.ts";
export type { HostKeyPolicy } from "./ssh/hostkey.ts";
