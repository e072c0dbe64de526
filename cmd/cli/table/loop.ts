import type { Command } from "../types.ts";

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
      filename: {
        type: "string",
        short: "f",
        multiple: true,
        value: "FILE",
        help: "File, directory, or - . Default: tiltish.yaml, searched up to the git root.",
      },
      recursive: { type: "boolean", short: "R", help: "Read directories with all that is below them." },
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
  {
    name: "trigger",
    group,
    usage: "NAME...",
    summary: "Run LocalResources or LocalProcesses now",
    examples: ["tiltish trigger api", "tiltish trigger lp/worker"],
    options: {},
    operand: "process",
    load: () => import("../../commands/trigger.ts"),
  },
];
