import { allNamespaces, output, project, selector, timestamps } from "../flags.ts";
import type { Command } from "../types.ts";

const group = "Understanding" as const;

/** Commands that tell what happens, and why. */
export const INSIGHT: readonly Command[] = [
  {
    name: "logs",
    group,
    usage: "NAME... | TYPE/NAME... | -l SELECTOR",
    summary: "Show what processes wrote",
    examples: [
      "tiltish logs -f api web",
      "tiltish logs api --since=last-save",
      "tiltish logs -l group=backend --since=5m --grep='GET .* 500' --prefix",
    ],
    options: {
      ...selector,
      follow: { type: "boolean", short: "f", help: "Stay, and show what comes; over restarts too." },
      tail: { type: "string", value: "N", help: "Only the last N lines of each. Default: all." },
      since: {
        type: "string",
        value: "DURATION|TIME|last-save",
        proposals: ["last-save", "5m"],
        help: "Only what is younger: 5m, an RFC 3339 time, or the last save of a file.",
      },
      "since-time": { type: "string", value: "TIME", help: "As --since with a time; as kubectl has it." },
      grep: { type: "string", value: "REGEX", help: "Only lines that match." },
      level: {
        type: "string",
        value: "LEVEL",
        choices: ["debug", "info", "warn", "error"],
        help: "Only lines of this level and above: debug, info, warn, error.",
      },
      ...timestamps,
      previous: { type: "boolean", short: "p", help: "Of the run before this one." },
      run: { type: "string", value: "N", help: "Of run number N." },
      prefix: { type: "boolean", help: "Show the name before each line. Default: with several." },
      "limit-bytes": { type: "string", value: "N", help: "At most so many bytes of each." },
      output: { type: "string", short: "o", value: "json", choices: ["json"], help: "Each line as JSON." },
    },
    operand: "running",
    load: () => import("../../commands/logs.ts"),
  },
  {
    name: "events",
    group,
    usage: "",
    summary: "Show what happened to objects",
    examples: ["tiltish events", "tiltish events --for lp/web -w"],
    options: {
      ...allNamespaces,
      ...output("yaml|json|name"),
      for: { type: "string", value: "TYPE/NAME", help: "Only about this object." },
      watch: { type: "boolean", short: "w", help: "Then show what comes." },
      types: { type: "string", value: "Normal,Warning", help: "Only these types." },
      "no-headers": { type: "boolean", help: "Leave out the line of headers." },
    },
    load: () => import("../../commands/events.ts"),
  },
  {
    name: "why",
    group,
    usage: "NAME | TYPE/NAME",
    summary: "Tell why something ran, what it waits for, and what did not run",
    examples: ["tiltish why api"],
    options: {
      output: { type: "string", short: "o", value: "json", choices: ["json"], help: "Output format." },
    },
    operand: "own",
    load: () => import("../../commands/why.ts"),
  },
  {
    name: "graph",
    group,
    usage: "[NAME...] [-f FILE...]",
    summary: "Show who needs whom, what blocks, and cycles; also of a file",
    examples: [
      "tiltish graph",
      "tiltish graph api -o mermaid",
      "tiltish graph -f tiltish.yaml -o dot | dot -Tsvg",
    ],
    options: {
      ...project,
      output: {
        type: "string",
        short: "o",
        value: "text|dot|mermaid|json",
        choices: ["text", "dot", "mermaid", "json"],
        help: "Output format. Default: text.",
      },
    },
    operand: "own",
    load: () => import("../../commands/graph.ts"),
  },
  {
    name: "trace",
    group,
    usage: "[ID | NAME]",
    summary: "Show how long each step took, from the saved file to the ready server",
    examples: ["tiltish trace", "tiltish trace 4bf92f35", "tiltish trace api -o json"],
    options: {
      output: { type: "string", short: "o", value: "json", choices: ["json"], help: "Output format." },
    },
    operand: "running",
    load: () => import("../../commands/trace.ts"),
  },
  {
    name: "doctor",
    group,
    usage: "",
    summary: "Check this machine and this project",
    examples: ["tiltish doctor", "tiltish doctor -o json"],
    options: {
      output: { type: "string", short: "o", value: "json", choices: ["json"], help: "Output format." },
    },
    load: () => import("../../commands/doctor.ts"),
  },
];
