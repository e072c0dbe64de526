import { refOfKey } from "./model.ts";
import type { GraphView, NodeView } from "./view.ts";

/** For graphviz: `tiltish graph -o dot | dot -Tsvg > graph.svg`. */
export function dotText({ nodes, edges }: GraphView): string {
  const lines = [
    ...nodes.map((node) => `  ${quoted(node.key)} [label=${quoted(labelOf(node, "\n"))}${shapeOf(node)}];`),
    ...edges.map(
      ({ from, to, text, via, isMet }) =>
        `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(text)}${via === "dependsOn" ? "" : ", style=dashed"}${isMet === false ? ', color="#b00020"' : ""}];`,
    ),
  ];
  return `digraph tiltish {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n${lines.join("\n")}\n}\n`;
}

/** dot reads `\n` in a text as a new line. */
const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

const shapeOf = ({ isMissing, kind }: NodeView): string => {
  if (isMissing) return ', style="rounded,dashed", color="#b00020"';
  return kind === "FileWatch" ? ", shape=note" : "";
};

const labelOf = ({ name, kind, state }: NodeView, separator: string): string =>
  [name, kind, state].filter(Boolean).join(separator);

/** For Markdown: what GitHub and many editors draw. */
export function mermaidText({ nodes, edges }: GraphView): string {
  const ids = new Map(nodes.map(({ key }, i) => [key, `n${i}`]));
  const missing = nodes.filter(({ isMissing }) => isMissing).map(({ key }) => ids.get(key)!);
  const lines = [
    ...nodes.map((node) => `  ${ids.get(node.key)!}["${escaped(labelOf(node, "<br/>"))}"]`),
    ...edges.map(
      ({ from, to, text, via }) =>
        `  ${ids.get(from)!} ${via === "dependsOn" ? "-->" : "-.->"}|"${escaped(text)}"| ${ids.get(to)!}`,
    ),
    ...(missing.length
      ? ["  classDef missing stroke:#b00020,stroke-dasharray:4", `  class ${missing.join(",")} missing`]
      : []),
  ];
  return `graph LR\n${lines.join("\n")}\n`;
}

const escaped = (text: string): string => text.replaceAll('"', "#quot;");

/** For programs. */
export function jsonText({ nodes, edges, cycles, unmet }: GraphView): string {
  const value = {
    nodes: nodes.map(({ key, ...node }) => ({
      ref: refOfKey(key),
      ...node,
      waitsInVain: unmet.get(key) ?? [],
    })),
    edges: edges.map(({ from, to, text: _, ...edge }) => ({
      from: refOfKey(from),
      to: refOfKey(to),
      ...edge,
    })),
    cycles: cycles.map((keys) => keys.map(refOfKey)),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
