import { port, project, terms, timestamps } from "../flags.ts";
import type { Command } from "../types.ts";
import { ASK } from "./ask.ts";

const group = "The loop" as const;

/** Commands that run a project. */
export const LOOP: readonly Command[] = [
  {
    name: "up",
    group,
    usage: "[NAME...] [-f FILE...] [-- CMD...]",
    summary: "Run this project: apply tiltish.yaml, stream its logs, stop on Ctrl-C",
    examples: [
      "tiltish up",
      "tiltish up -- npm start",
      "tiltish up api --dry-run    # api and what it needs: shows what that is",
      "tiltish up -d --wait && npm test && tiltish down",
    ],
    options: {
      ...project,
      detach: { type: "boolean", short: "d", help: "Run in the background, and come back." },
      wait: { type: "boolean", help: "As -d; come back when all is done or ready." },
      timeout: {
        type: "string",
        value: "DURATION",
        help: "With --wait: end with code 4 after this time. Default: 5m; 0: never.",
      },
      ...terms,
      "dry-run": { type: "boolean", help: "Only show what would be applied, and why." },
      ...port,
      ...timestamps,
    },
    operand: "manifest",
    load: () => import("../../commands/up.ts"),
  },
  {
    name: "attach",
    group,
    usage: "",
    summary: "Show the logs of a session that runs; Ctrl-C only leaves",
    examples: ["tiltish attach"],
    options: { ...timestamps },
    load: () => import("../../commands/attach.ts"),
  },
  {
    name: "down",
    group,
    usage: "",
    summary: "Delete what up applied, and stop the server of this project",
    examples: ["tiltish down", "tiltish down --all"],
    options: {
      all: { type: "boolean", help: "Every session on this machine." },
      timeout: { type: "string", value: "DURATION", help: "How long to wait at most. Default: 60s." },
    },
    load: () => import("../../commands/down.ts"),
  },
  {
    name: "ps",
    group,
    usage: "",
    summary: "List the sessions that run on this machine",
    examples: ["tiltish ps", "tiltish ps -o json"],
    options: {
      output: { type: "string", short: "o", value: "json", choices: ["json"], help: "Output format." },
    },
    load: () => import("../../commands/ps.ts"),
  },
  {
    name: "ci",
    group,
    usage: "[NAME...] [-f FILE...]",
    summary: "Run this project until all is done and ready, or the first failure, then end it",
    examples: [
      "tiltish ci",
      "tiltish ci api --timeout 10m --log-dir logs",
      "tiltish ci --readiness-timeout 1m --readiness-timeout db=10m",
    ],
    options: {
      ...project,
      timeout: {
        type: "string",
        value: "DURATION",
        help: "End with code 4 after this time. Default: 30m; 0: never.",
      },
      ...terms,
      "log-dir": { type: "string", value: "DIR", help: "Write one log file for each resource there." },
      ...timestamps,
      ...port,
      output: {
        type: "string",
        short: "o",
        value: "json",
        choices: ["json"],
        help: "Only a summary, as JSON.",
      },
    },
    operand: "manifest",
    load: () => import("../../commands/ci.ts"),
  },
  {
    name: "serve",
    group,
    usage: "",
    summary: "Run the server and its controllers in the foreground",
    examples: ["tiltish serve", "tiltish serve --state-dir /tmp/t1 --port 0"],
    options: {
      port: { type: "string", value: "PORT", help: "Port of the API on loopback. Default: a free one." },
      root: { type: "string", value: "DIR", help: "Directory of the project. Default: this one." },
      "max-history": {
        type: "string",
        value: "COUNT",
        help: "Changes kept for watches to resume from. Default: 200000.",
      },
    },
    load: () => import("../../commands/serve.ts"),
  },
  ...ASK,
];
