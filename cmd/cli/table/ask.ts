import { selector } from "../flags.ts";
import type { Command } from "../types.ts";

const group = "The loop" as const;

const some = {
  ...selector,
  all: { type: "boolean", help: "All of them." },
} as const;

const waiting = {
  wait: {
    type: "boolean",
    help: "Until it is ready, or has ended; exit code 1 if that fails, 4 if it is late.",
  },
  timeout: { type: "string", value: "DURATION", help: "How long --wait waits at most. Default: 5m." },
} as const;

const common = { group, usage: "NAME... | TYPE/NAME... | -l SELECTOR | --all", operand: "running" } as const;

/** Commands that ask something of what runs. */
export const ASK: readonly Command[] = [
  {
    ...common,
    name: "trigger",
    summary:
      "Run LocalResources or LocalProcesses, build images, sync CFAppSyncs, or apply K8sResources, now",
    examples: [
      "tiltish trigger api",
      "tiltish trigger api --env LEVEL=debug --wait",
      "tiltish trigger lp/worker",
      "tiltish trigger cfs/web --wait",
    ],
    options: {
      ...some,
      ...waiting,
      env: {
        type: "string",
        multiple: true,
        value: "KEY=VALUE",
        help: "Variable of this one run; KEY alone takes the value that it has here.",
      },
    },
    load: () => import("../../commands/trigger.ts"),
  },
  {
    ...common,
    name: "start",
    summary: "Run what was stopped, or waits to be asked",
    examples: ["tiltish start api", "tiltish start --all"],
    options: { ...some, ...waiting },
    load: () => import("../../commands/start.ts"),
  },
  {
    ...common,
    name: "stop",
    summary: "End builds and servers, until somebody or a change starts them again",
    examples: ["tiltish stop api", "tiltish stop -l group=backend --wait"],
    options: { ...some, ...waiting },
    load: () => import("../../commands/stop.ts"),
  },
  {
    ...common,
    name: "restart",
    summary: "Run again from the start, without a build",
    examples: ["tiltish restart api", "tiltish restart lp/worker --wait --timeout=30s"],
    options: { ...some, ...waiting },
    load: () => import("../../commands/restart.ts"),
  },
  {
    ...common,
    name: "cancel",
    summary: "End the build, or the run, that is on",
    examples: ["tiltish cancel api"],
    options: { ...some, ...waiting },
    load: () => import("../../commands/cancel.ts"),
  },
  {
    ...common,
    name: "enable",
    operand: "own",
    summary: "Let what is disabled run again",
    examples: ["tiltish enable api"],
    options: some,
    load: () => import("../../commands/enable.ts"),
  },
  {
    ...common,
    name: "disable",
    operand: "own",
    summary: "Stop it, and keep it from running until it is enabled",
    examples: ["tiltish disable api", "tiltish disable -l group=backend"],
    options: some,
    load: () => import("../../commands/disable.ts"),
  },
];
