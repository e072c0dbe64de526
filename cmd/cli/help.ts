import { GLOBAL } from "./flags.ts";
import { TOPICS, type Topic } from "./topics.ts";
import { GROUPS, type Command, type OptionTable } from "./types.ts";

/** Examples first: they are what is looked for. */
export function helpOf(command: Command): string {
  const { name, usage, summary, examples = [], options } = command;
  const parts = [
    `${summary}.`,
    ...(examples.length ? ["Examples:", ...examples.map((example) => `  ${example}`)] : []),
    `Usage:\n  tiltish ${[name, usage, "[options]"].filter(Boolean).join(" ")}`,
    ...(Object.keys(options).length ? [`Options:\n${optionLines(options)}`] : []),
    "Options of every command: tiltish help options",
  ];
  return `${parts.join("\n").replace(/\n(Examples|Usage|Options)/g, "\n\n$1")}\n`;
}

/** `tiltish help TOPIC` */
export const topicText = ({ summary, text }: Topic): string => `${summary}.\n\n${text}\n`;

export const globalOptions = (): string => `Options of every command:\n${optionLines(GLOBAL)}\n`;

/** All commands, by what they are for. */
export function overviewOf(commands: readonly Command[]): string {
  const visible = commands.filter(({ hidden }) => !hidden);
  const width = Math.max(...visible.map(({ name }) => name.length));
  const groups = GROUPS.map((group) => {
    const lines = visible
      .filter((command) => command.group === group)
      .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
    return [`${group}:`, ...lines].join("\n");
  });
  return [
    "tiltish: the developer's inner loop as a Kubernetes-style API on this machine.",
    ...groups,
    `More about (tiltish help TOPIC):\n  options${TOPICS.map(({ name }) => `, ${name}`).join("")}`,
    'Start with "tiltish up". "tiltish COMMAND --help" tells more about a command.\n',
  ].join("\n\n");
}

function optionLines(options: OptionTable): string {
  const rows = Object.entries(options).map(([name, { type, short, value, help }]) => {
    const long = name.length === 1 ? "" : `--${name}`;
    const names = [short && `-${short}`, long].filter(Boolean).join(", ");
    const suffix = type === "boolean" ? "" : type === "optional" ? `[=${value}]` : `=${value ?? "VALUE"}`;
    return { left: `  ${short ? "" : "    "}${names}${suffix}`, help };
  });
  const width = Math.min(36, Math.max(...rows.map(({ left }) => left.length)));
  return rows
    .map(({ left, help }) =>
      left.length > width ? `${left}\n${" ".repeat(width + 2)}${help}` : `${left.padEnd(width)}  ${help}`,
    )
    .join("\n");
}
