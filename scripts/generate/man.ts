import { GLOBAL } from "../../cmd/cli/flags.ts";
import { COMMANDS } from "../../cmd/cli/table/index.ts";
import { TOPICS } from "../../cmd/cli/topics.ts";
import { GROUPS, type Command, type Option, type OptionTable } from "../../cmd/cli/types.ts";

const VISIBLE = COMMANDS.filter(({ hidden }) => !hidden);

/** One page for each command, and one of all: path → text in roff. */
export function manPages(version: string): Map<string, string> {
  return new Map([
    ["man/tiltish.1", overview(version)],
    ...VISIBLE.map((command) => [`man/tiltish-${command.name}.1`, page(command, version)] as const),
  ]);
}

function overview(version: string): string {
  const groups = GROUPS.flatMap((group) => [
    `.SS ${group}`,
    ...VISIBLE.filter((command) => command.group === group).flatMap(({ name, summary }) => [
      ".TP",
      `.BR tiltish\\-${escaped(name)} (1)`,
      `${text(summary)}.`,
    ]),
  ]);
  return lines([
    title("tiltish", version),
    ".SH NAME",
    "tiltish \\- the developer's inner loop as a Kubernetes\\-style API on this machine",
    ".SH SYNOPSIS",
    ".B tiltish",
    ".I COMMAND",
    "[options]",
    ".SH COMMANDS",
    ...groups,
    ".SH OPTIONS OF EVERY COMMAND",
    ...optionLines(GLOBAL),
    ...TOPICS.flatMap(({ name, text }) => [`.SH ${name.toUpperCase().replace("-", " ")}`, ...verbatim(text)]),
  ]);
}

function page({ name, summary, usage, examples = [], options }: Command, version: string): string {
  return lines([
    title(`tiltish-${name}`, version),
    ".SH NAME",
    `tiltish\\-${escaped(name)} \\- ${text(summary)}`,
    ".SH SYNOPSIS",
    `.B tiltish ${escaped(name)}`,
    ...(usage ? [text(usage)] : []),
    "[options]",
    ...(examples.length ? [".SH EXAMPLES", ...verbatim(examples.join("\n"))] : []),
    ...(Object.keys(options).length ? [".SH OPTIONS", ...optionLines(options)] : []),
    ".SH SEE ALSO",
    ".BR tiltish (1)",
    "for the options of every command",
  ]);
}

const title = (name: string, version: string): string =>
  `.TH ${name.toUpperCase().replaceAll("-", "\\-")} 1 "" "tiltish ${version}" "tiltish"`;

const optionLines = (options: OptionTable): string[] =>
  Object.entries(options).flatMap(([name, option]) => [".TP", optionTitle(name, option), text(option.help)]);

function optionTitle(name: string, { type, short, value }: Option): string {
  const names = [...(short ? [`-${short}`] : []), ...(name.length === 1 ? [] : [`--${name}`])];
  const shown = names.map((each) => `\\fB${escaped(each)}\\fR`).join(", ");
  if (type === "boolean") return shown;
  const given = `=\\fI${escaped(value ?? "VALUE")}\\fR`;
  return shown + (type === "optional" ? `[${given}]` : given);
}

const verbatim = (block: string): string[] => [".PP", ".nf", ...block.split("\n").map(text), ".fi"];

/** A line that begins with a dot or an apostrophe would be an instruction. */
const text = (line: string): string => escaped(line).replace(/^([.'])/, "\\&$1");

const escaped = (line: string): string => line.replaceAll("\\", "\\e").replaceAll("-", "\\-");

const lines = (all: readonly string[]): string => `${all.join("\n")}\n`;
