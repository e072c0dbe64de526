export { portOf, type ProbeSubject } from "./attempt.ts";
export { LogLines } from "./log-lines.ts";
export { Prober } from "./prober.ts";
