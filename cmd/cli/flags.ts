import type { OptionTable } from "./types.ts";

/** On every command. */
export const GLOBAL: OptionTable = {
  namespace: { type: "string", short: "n", value: "NAMESPACE", help: "Namespace to look in." },
  "state-dir": {
    type: "string",
    value: "DIR",
    help: "State directory of the server ($TILTISH_STATE_DIR). Default: that of this project.",
  },
  kubeconfig: { type: "string", value: "FILE", help: "Use the server of this kubeconfig instead." },
  context: { type: "string", value: "NAME", help: "Context of the kubeconfig." },
  server: { type: "string", value: "URL", help: "Use the server at this address instead." },
  token: { type: "string", value: "TOKEN", help: "Bearer token for --server." },
  "request-timeout": {
    type: "string",
    value: "DURATION",
    help: "Give up a question to the server after this time. 0: never.",
  },
  directory: { type: "string", short: "C", value: "DIR", help: "Act as if started in this directory." },
  color: {
    type: "optional",
    value: "auto|always|never",
    choices: ["auto", "always", "never"],
    help: "When to use colours.",
  },
  "no-color": { type: "boolean", help: "No colours; the same as NO_COLOR=1." },
  v: { type: "string", short: "v", value: "LEVEL", help: "Detail of errors; from 6 on with stack." },
  help: { type: "boolean", short: "h", help: "Show help." },
};

const OUTPUT = "wide|yaml|json|name|jsonpath=TEMPLATE|custom-columns=SPEC";

export const output = (value = OUTPUT) =>
  ({
    output: { type: "string", short: "o", value, proposals: formatsIn(value), help: "Output format." },
  }) as const satisfies OptionTable;

/** `wide|jsonpath=TEMPLATE`: `wide` and `jsonpath=` */
const formatsIn = (value: string): string[] => value.split("|").map((format) => format.replace(/=.*/, "="));

export const selector = {
  selector: { type: "string", short: "l", value: "SELECTOR", help: "Label selector: app=web,tier!=db." },
} as const satisfies OptionTable;

export const fieldSelector = {
  "field-selector": { type: "string", value: "SELECTOR", help: "Field selector: metadata.name=web." },
} as const satisfies OptionTable;

export const allNamespaces = {
  "all-namespaces": { type: "boolean", short: "A", help: "Look in all namespaces." },
} as const satisfies OptionTable;

export const files = {
  filename: {
    type: "string",
    short: "f",
    multiple: true,
    value: "FILE",
    help: "File, directory, or - for standard input.",
  },
  recursive: { type: "boolean", short: "R", help: "Read directories with all that is below them." },
} as const satisfies OptionTable;

export const dryRun = {
  "dry-run": {
    type: "optional",
    value: "none|client|server",
    choices: ["none", "client", "server"],
    help: "Change nothing; client: do not even ask the server.",
  },
} as const satisfies OptionTable;

export const fieldManager = {
  "field-manager": { type: "string", value: "NAME", help: "Name under which fields are owned." },
} as const satisfies OptionTable;

export const serverSide = {
  "server-side": { type: "boolean", help: "Let the server merge, by who owns which field." },
  "force-conflicts": { type: "boolean", help: "With --server-side: take fields from their owners." },
} as const satisfies OptionTable;

export const validate = {
  validate: {
    type: "optional",
    value: "strict|warn|ignore",
    choices: ["strict", "warn", "ignore", "true", "false"],
    help: "What to do about unknown fields. Default: strict.",
  },
} as const satisfies OptionTable;

export const timeout = {
  timeout: { type: "string", value: "DURATION", help: "How long to wait at most, such as 30s." },
} as const satisfies OptionTable;

export const ignoreNotFound = {
  "ignore-not-found": { type: "boolean", help: "What is not there is no error." },
} as const satisfies OptionTable;

export const overwrite = {
  overwrite: { type: "boolean", help: "Replace values that are there already." },
} as const satisfies OptionTable;

/** What says how long to wait, and for what. */
export const terms = {
  "readiness-timeout": {
    type: "string",
    multiple: true,
    value: "[NAME=]DURATION",
    help: "Give up a server that is not ready by then; of one, with its name. Default: 5m; 0: never.",
  },
  "ignore-readiness": {
    type: "optional",
    value: "NAME,...",
    multiple: true,
    help: "A server need only be started, not be ready: all, or these.",
  },
  grace: {
    type: "string",
    value: "DURATION",
    help: "Bear a failure for so long; it may yet mend. Default: 0s.",
  },
} as const satisfies OptionTable;

/** Of what shows lines with their times, or starts a server. */
export const timestamps = {
  timestamps: { type: "boolean", help: "Show the time of each log line." },
} as const satisfies OptionTable;

export const port = {
  port: { type: "string", value: "PORT", help: "Port of the API. Default: a free one." },
} as const satisfies OptionTable;

/** Where the objects of a project are. */
export const project = {
  filename: {
    type: "string",
    short: "f",
    multiple: true,
    value: "FILE",
    help: "File, directory, or - . Default: tiltish.yaml, searched up to the git root.",
  },
  recursive: { type: "boolean", short: "R", help: "Read directories with all that is below them." },
} as const satisfies OptionTable;
