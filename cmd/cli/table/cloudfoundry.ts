import type { Command, OptionTable } from "../types.ts";

const group = "Cloud Foundry" as const;

/** Of whoever speaks to the fast-push controller of an app. */
const fastPush = {
  "cf-home": {
    type: "string",
    value: "DIR",
    help: "Directory that holds .cf. Default: $CF_HOME, else yours.",
  },
  url: { type: "string", value: "URL", help: "Address of the app. Default: its first route." },
  "base-path": { type: "string", value: "PATH", help: "Where the endpoints are. Default: /_fastpush." },
  "token-env": {
    type: "string",
    value: "NAME",
    help: "Environment variable with the secret. Default: the guid of the app is the token.",
  },
  instance: { type: "string", value: "N", help: "Only this instance. Default: all that run." },
  "ca-file": { type: "string", value: "FILE", help: "Certificates to trust." },
  "skip-verify": { type: "boolean", help: "Do not verify the certificate." },
  extensions: { type: "boolean", help: "Use what our controller can do beside the original. Default: true." },
  output: { type: "string", short: "o", value: "json", choices: ["json"], help: "Output format." },
} as const satisfies OptionTable;

/** Commands for apps in a Cloud Foundry. */
export const CLOUD_FOUNDRY: readonly Command[] = [
  {
    name: "fast-push",
    group,
    usage: "APP",
    summary: "Send new and changed files to an app behind a fast-push controller",
    examples: [
      "tiltish fast-push web --dry-run    # shows what would be sent, and sends nothing",
      "tiltish fast-push web --path dist --ready /health",
      "tiltish fast-push web -f app.py -f templates",
    ],
    options: {
      ...fastPush,
      "dry-run": { type: "boolean", short: "d", help: "Only show what would be sent." },
      path: { type: "string", short: "p", value: "DIR", help: "Directory of the app. Default: this one." },
      filename: {
        type: "string",
        short: "f",
        multiple: true,
        value: "FILE",
        help: "Only this file or directory.",
      },
      delete: {
        type: "boolean",
        help: "Delete what earlier pushes have put there and is not here any more.",
      },
      restart: { type: "boolean", help: "Restart the app if anything was sent. Default: true." },
      ready: { type: "string", value: "PATH", help: "Wait until the app answers this path." },
      grace: { type: "string", value: "DURATION", help: "Time from TERM to KILL. Default: 5s." },
    },
    load: () => import("../../commands/fast-push.ts"),
  },
  {
    name: "fast-push-status",
    group,
    usage: "APP",
    summary: "Show what the fast-push controllers of an app say",
    examples: ["tiltish fast-push-status web"],
    options: fastPush,
    load: () => import("../../commands/fast-push-status.ts"),
  },
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
    examples: ["tiltish cf-sandbox", "tiltish cf-sandbox --latency 40 --dir ~/.cf-sandbox"],
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
