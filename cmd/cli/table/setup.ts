import type { Command } from "../types.ts";

const group = "Setting up" as const;

/** Commands around the others. */
export const SETUP: readonly Command[] = [
  {
    name: "init",
    group,
    usage: "[--from FILE...]",
    summary: "Write a tiltish.yaml from what is here already",
    examples: ["tiltish init", "tiltish init --from Procfile", "tiltish init --from Tiltfile --print"],
    options: {
      from: {
        type: "string",
        multiple: true,
        value: "FILE",
        proposals: ["Procfile", "package.json", "docker-compose.yml", "process-compose.yaml", "Tiltfile"],
        help: "Procfile, package.json, docker-compose.yml, process-compose.yaml or Tiltfile.",
      },
      force: { type: "boolean", help: "Write over a tiltish.yaml that is there." },
      print: { type: "boolean", help: "Only show what would be written." },
    },
    load: () => import("../../commands/init.ts"),
  },
  {
    name: "kubeconfig",
    group,
    usage: "",
    summary: "Show how to use kubectl on this server",
    examples: ['eval "$(tiltish kubeconfig)"', "kubectl --kubeconfig $(tiltish kubeconfig --path) get lp"],
    options: {
      path: { type: "boolean", help: "Only the path of the file." },
      merge: { type: "boolean", help: "Add the server to your own kubeconfig, after a backup." },
    },
    load: () => import("../../commands/kubeconfig.ts"),
  },
  {
    name: "token",
    group,
    usage: "create [NAME] --read-only | list | delete NAME...",
    summary: "Make, list and delete tokens that may only read",
    examples: [
      "tiltish token create dashboard --read-only -n default --ttl 8h",
      "tiltish token create ci --read-only -o kubeconfig > ci.kubeconfig",
      "tiltish token list",
      "tiltish token delete ci",
    ],
    options: {
      "read-only": { type: "boolean", help: "May get, list and watch; Secrets not." },
      secrets: { type: "boolean", help: "May read Secrets too." },
      ttl: { type: "string", value: "DURATION", help: "How long it is good. Default: until it is deleted." },
      output: {
        type: "string",
        short: "o",
        value: "token|kubeconfig|json",
        proposals: ["token", "kubeconfig", "json"],
        help: "What to print.",
      },
    },
    operand: "token",
    load: () => import("../../commands/token.ts"),
  },
  {
    name: "completion",
    group,
    usage: "bash|zsh|fish|powershell",
    summary: "Print a script that completes commands in a shell",
    examples: ["source <(tiltish completion bash)", "tiltish completion fish | source"],
    options: {},
    operand: "shell",
    load: () => import("../../commands/completion.ts"),
  },
  {
    name: "version",
    group,
    usage: "",
    summary: "Show the versions of this program and of the server",
    options: {
      output: { type: "string", short: "o", value: "yaml|json", choices: ["yaml", "json"], help: "Format." },
      client: { type: "boolean", help: "Only of this program." },
    },
    load: () => import("../../commands/version.ts"),
  },
  {
    name: "help",
    group,
    usage: "[COMMAND|TOPIC]",
    summary: "Show help",
    options: {},
    operand: "command",
    load: () => import("../../commands/help.ts"),
  },
  {
    name: "__complete",
    group,
    usage: "WORD...",
    summary: "What the completion scripts ask",
    options: {},
    hidden: true,
    load: () => import("../../commands/complete.ts"),
  },
  {
    name: "__host",
    group,
    usage: "",
    summary: "The server of an up in the background",
    options: {
      port: { type: "string", help: "Port of the API." },
      root: { type: "string", help: "Directory of the project." },
    },
    hidden: true,
    load: () => import("../../commands/host.ts"),
  },
  {
    name: "__guard",
    group,
    usage: "STORE_ID",
    summary: "Ends the processes of a server that died",
    options: {},
    hidden: true,
    load: () => import("../../commands/guard.ts"),
  },
];
