import { isScalar, visit, type Document, type LineCounter } from "yaml";
import type { Problem } from "./problem.ts";

/**
 * Items of a list that YAML takes for more text of the item above, because they are indented one step too far.
 *
 * The parser sees nothing wrong: `- a` with ` - b` below is the one text "a - b".
 */
export function swallowedItems(
  document: Document.Parsed,
  text: string,
  { file, lines }: { file: string; lines: LineCounter },
): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Scalar(_, node) {
      if (!isScalar(node) || node.type !== "PLAIN" || !node.range) return;
      const [start, end] = node.range;
      const hidden = /\n[ ]*- /.exec(text.slice(start, end));
      if (!hidden) return;
      const { line, col } = lines.linePos(start + hidden.index + hidden[0].length - 2);
      problems.push({
        file,
        line,
        column: col,
        message: "list item swallowed by the one above? Indent both the same",
      });
    },
  });
  return problems;
}
