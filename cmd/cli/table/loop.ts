import { project, terms } from "../flags.ts";
import type { Command } from "../types.ts";
import { ASK } from "./ask.ts";

const group = "The loop" as const;

/** Commands that run a project. */
export const LOOP: readonly Command[] = [
  {
    name: "up",
    group,
    usage: "[-f FILE...] [-- CMD...]",
    summary: "Run this project: apply tiltish.yaml, stream its logs, stop on Ctrl-C",
    examples: ["tiltish up", "tiltish up -- npm start", "tiltish up -f a.yaml -f b.yaml"],
    options: {
      ...project,
      port: { type: "string", value: "PORT", help: "Port of the API. Default: a free one." },
      timestamps: { type: "boolean", help: "Show the time of each log line." },
    },
    operand: "command",
    load: () => import("../../commands/up.ts"),
  },
  {
    name: "down",
    group,
    usage: "",
    summary: "Delete what up applied, and stop the server of this project",
    examples: ["tiltish down"],
    options: {
      timeout: { type: "string", value: "DURATION", help: "How long to wait at most. Default: 60s." },
    },
    load: () => import("../../commands/down.ts"),
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
      timestamps: { type: "boolean", help: "Show the time of each log line." },
      port: { type: "string", value: "PORT", help: "Port of the API. Default: a free one." },
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
