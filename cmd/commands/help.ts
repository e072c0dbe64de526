import { usageError } from "../cli/errors.ts";
import { globalOptions, helpOf, overviewOf, topicText } from "../cli/help.ts";
import { out } from "../cli/io.ts";
import { didYouMean } from "../cli/suggest.ts";
import { TOPICS } from "../cli/topics.ts";
import type { Invocation } from "../cli/types.ts";

/** `tiltish help [COMMAND|TOPIC]`. */
export function run({ args: [topic], commands }: Invocation): void {
  if (topic === undefined) return out(overviewOf(commands));
  if (topic === "options") return out(globalOptions());
  const found = TOPICS.find(({ name }) => name === topic);
  if (found) return out(topicText(found));
  const command = commands.find(({ name }) => name === topic);
  if (command) return out(helpOf(command));
  const visible = commands.filter(({ hidden }) => !hidden);
  const names = ["options", ...[...TOPICS, ...visible].map(({ name }) => name)];
  throw usageError(`no help about "${topic}"${didYouMean(topic, names) || "; tiltish help lists commands"}`);
}
