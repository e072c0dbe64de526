import { readFileSync } from "node:fs";

/** Where the supervisor listens in a container: whoever starts it there tells it so. */
export const SUPERVISOR_SOCKET = "/home/vcap/tmp/.tiltish.sock";

/** The agent, as it is handed to perl on the command line: nothing of it is left in a container. */
export const agentScript = (): string =>
  joined("0-words", "1-files", "2-listing", "3-set", "4-process", "5-frames");

/** What asks the supervisor to restart the app, where no agent does. Its words: the socket, then fields as the agent takes. */
export const restarterScript = (): string => joined("0-words", "4-process", "restarter");

const joined = (...parts: readonly string[]): string =>
  parts.map((part) => readFileSync(new URL(`agent/${part}.pl`, import.meta.url), "utf8")).join("");

/** What an app is started by if it is to be restarted without its container. */
export const supervisorScript = (): string => readFileSync(new URL("supervisor.pl", import.meta.url), "utf8");
