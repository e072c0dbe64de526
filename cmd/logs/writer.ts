import type { KubeObject } from "../../apis/meta.ts";
import { paintFor, wantsColor } from "../cli/color.ts";
import { outLine } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import { shownText, type LogLine } from "./line.ts";
import { labelOf } from "./owners.ts";
import { Prefixer } from "./prefix.ts";

export type WriteLine = (process: KubeObject, line: LogLine) => void;

/** How lines are shown, as the options say. */
export function lineWriter(options: Options, processes: readonly KubeObject[]): WriteLine {
  if (options.text("output") === "json") return writeJson;
  const colors = wantsColor(process.stdout);
  const labels = new Set(processes.map(labelOf));
  const prefixer = new Prefixer(paintFor(colors), [...labels]);
  const isTerminal = process.stdout.isTTY;
  return (owner, { time, text }) => {
    labels.add(labelOf(owner));
    // What goes to a file or a program goes as it is.
    const shown = isTerminal ? shownText(text, colors) : text;
    const stamped = options.flag("timestamps") ? `${time} ${shown}` : shown;
    const withPrefix = options.flag("prefix", labels.size > 1);
    outLine(withPrefix ? prefixer.line(labelOf(owner), stamped) : stamped);
  };
}

function writeJson(owner: KubeObject, { time, text }: LogLine): void {
  const { name, namespace } = owner.metadata;
  outLine(JSON.stringify({ time, name: labelOf(owner), namespace, process: name, text }));
}
