import { usageError } from "../cli/errors.ts";
import { globalOptions, helpOf, overviewOf } from "../cli/help.ts";
import { out } from "../cli/io.ts";
import { didYouMean } from "../cli/suggest.ts";
import type { Invocation } from "../cli/types.ts";

/** `tiltish help [COMMAND|options]`. */
export function run({ args: [topic], commands }: Invocation): void {
  if (topic === undefined) return out(overviewOf(commands));
  if (topic === "options") return out(globalOptions());
  const command = commands.find(({ name }) => name === topic);
  if (command) return out(helpOf(command));
  const names = commands.map(({ name }) => name);
  throw usageError(`no help about "${topic}"${didYouMean(topic, names) || "; tiltish help lists commands"}`);
}
