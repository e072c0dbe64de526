import type { Command } from "../types.ts";

const group = "Cloud Foundry" as const;

/** Commands for apps in a Cloud Foundry. */
export const CLOUD_FOUNDRY: readonly Command[] = [
  {
    name: "fastpush-controller",
    group,
    usage: "[-- CMD...]",
    summary: "Run an app behind a proxy that takes new files for it (in a container)",
    examples: [
      "tiltish fastpush-controller -- node server.js",
      "FASTPUSH_TOKEN=$SECRET tiltish fastpush-controller --backend-command='python app.py'",
    ],
    options: {
      config: {
        type: "string",
        value: "FILE",
        help: "Settings. Default: cf-fastpush-controller.yml and its kin.",
      },
      "bind-address": { type: "string", value: "ADDRESS", help: "Address to listen at. Default: 0.0.0.0." },
      port: { type: "string", value: "PORT", help: "Port to listen at. Default: $PORT, else 9000." },
      "backend-port": {
        type: "string",
        value: "PORT",
        help: "Port of the app, which gets it as PORT. Default: 8080; 0: a free one.",
      },
      "backend-command": {
        type: "string",
        value: "COMMAND",
        help: "Command of the app, split at spaces. Default: what follows --.",
      },
      "backend-dirs": { type: "string", value: "DIRS", help: "Directories to list. Default: this one." },
      "restart-regex": {
        type: "string",
        value: "REGEX",
        help: "Files that restart the app when they are written. Default: ^*.py$.",
      },
      "ignore-regex": { type: "string", value: "REGEX", help: "Files of those that do not." },
      "base-path": { type: "string", value: "PATH", help: "Where the endpoints are. Default: /_fastpush." },
      "stop-grace": { type: "string", value: "SECONDS", help: "Time from TERM to KILL. Default: 5." },
      "max-body": { type: "string", value: "BYTES", help: "Largest upload. Default: 256 MiB." },
    },
    load: () => import("../../commands/fastpush-controller.ts"),
  },
  {
    name: "cf-sandbox",
    group,
    usage: "",
    summary: "A Cloud Foundry on this machine, to try things with",
    examples: ["tiltish cf-sandbox", "tiltish cf-sandbox --latency 40 --dir .cf-sandbox"],
    options: {
      dir: {
        type: "string",
        value: "DIR",
        help: "Where to keep everything. Default: a directory that is removed at the end.",
      },
      latency: { type: "string", value: "MS", help: "How far away it is, there and back. Default: 0." },
      port: { type: "string", value: "PORT", help: "Port of its API. Default: any that is free." },
    },
    load: () => import("../../commands/cf-sandbox.ts"),
  },
];
