import { createHash } from "node:crypto";
import { posix } from "node:path";
import { agentScript, SUPERVISOR_SOCKET } from "../../remote/index.ts";
import { quote } from "../ssh/shell.ts";
import type { AgentOptions } from "./session.ts";

/** Starts the agent. */
export const agentCommand = (): string => perlCommand(agentScript());

/** Runs a script of ours: all of it is in the command, and no file is left behind. */
export function perlCommand(script: string, words: readonly (string | number)[] = []): string {
  const lines = script
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .map((line) => line.trimStart());
  return `exec perl -e ${[lines.join("\n"), ...words].map((word) => quote(String(word))).join(" ")}`;
}

const HOME = "/home/vcap";
const APP = `${HOME}/app`;

/** Where state is kept beside a directory, out of sight of whoever watches it; and where the supervisor listens. */
export function placesOf(root: string): Omit<AgentOptions, "hostKey"> {
  // Two directories of one container have a state each.
  const name = root === APP ? "" : `-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`;
  const beside = posix.dirname(root);
  return {
    root,
    stateDirectories: [
      `${HOME}/tmp/.tiltish${name}`,
      `${beside === "/" ? "" : beside}/.tiltish-stage${name}`,
    ],
    supervisorSocket: SUPERVISOR_SOCKET,
  };
}
