import type { Named } from "../resources/named.ts";
import type { Options } from "./options.ts";

/** An option of a command, as its user writes it. */
export interface Option {
  /** `optional`: may stand alone, or take a value with `=`, as kubectl's `--dry-run=server`. */
  type: "string" | "boolean" | "optional";
  short?: string;
  /** May be given more than once. */
  multiple?: boolean;
  /** What the value is called in the help, such as `DURATION`. */
  value?: string;
  /** What to offer as value, where that is a fixed set. */
  choices?: readonly string[];
  /** What to offer as value, where others go too. */
  proposals?: readonly string[];
  help: string;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** What the operands of a command are, so that completion can offer them. */
export type Operand = Named | "type-and-name" | "manifest" | "file" | "command" | "shell" | "type" | "token";

export const GROUPS = ["The loop", "Objects", "Understanding", "Cloud Foundry", "Setting up"] as const;

/** One command. Only the module behind `load` is read when it runs; the rest feeds help and completion. */
export interface Command {
  name: string;
  group: (typeof GROUPS)[number];
  /** Operands, as in `get TYPE [NAME...]`; empty if there are none. */
  usage: string;
  summary: string;
  examples?: readonly string[];
  options: OptionTable;
  operand?: Operand;
  hidden?: boolean;
  load: () => Promise<{ run: (invocation: Invocation) => Promise<number | void> | number | void }>;
}

/** One call of a command. */
export interface Invocation {
  command: Command;
  /** All that there are, for those who tell of others. */
  commands: readonly Command[];
  options: Options;
  /** Operands before `--`. */
  args: readonly string[];
  /** What follows `--`; undefined without one. */
  rest: readonly string[] | undefined;
}
