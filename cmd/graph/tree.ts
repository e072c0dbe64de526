import type { Paint } from "../cli/color.ts";
import { sanitize } from "../cli/sanitize.ts";
import { refOfKey } from "./model.ts";
import type { EdgeView, GraphView, NodeView } from "./view.ts";

const GOOD = new Set(["Serving", "Succeeded", "Running", "Ready", "Watching"]);
const BAD = new Set(["Failed", "BackOff", "not there"]);

/** Each object with what it needs below it; what is needed by several is told in full once. */
export function treeText(view: GraphView, paint: Paint): string {
  const tree = new Tree(view, paint);
  const needed = new Set(view.edges.map(({ to }) => to));
  const roots = view.nodes.filter(({ key }) => !needed.has(key));
  for (const root of roots) tree.root(root);
  // What only a circle leads to has no root.
  for (const node of view.nodes) tree.rest(node);
  const cycles = view.cycles.map((keys) =>
    paint.bad(`cycle: ${[...keys, keys[0]!].map(refOfKey).join(" → ")}`),
  );
  return [...tree.lines, ...cycles].map((line) => `${line}\n`).join("");
}

class Tree {
  readonly lines: string[] = [];
  readonly #view: GraphView;
  readonly #paint: Paint;
  readonly #shown = new Set<string>();

  constructor(view: GraphView, paint: Paint) {
    this.#view = view;
    this.#paint = paint;
  }

  root(node: NodeView): void {
    this.lines.push(this.#textOf(node));
    this.#shown.add(node.key);
    this.#below(node, "", [node.key]);
  }

  rest(node: NodeView): void {
    if (!this.#shown.has(node.key)) this.root(node);
  }

  #below({ key }: NodeView, indent: string, path: readonly string[]): void {
    const edges = this.#view.edges.filter(({ from }) => from === key);
    for (const [i, edge] of edges.entries()) {
      const isLast = i === edges.length - 1;
      const node = this.#view.nodes.find((one) => one.key === edge.to)!;
      const note = path.includes(node.key) ? " (a cycle)" : this.#hasMore(node.key) ? " (as above)" : "";
      this.lines.push(`${indent}${isLast ? "└─ " : "├─ "}${this.#textOf(node, edge)}${note}`);
      if (note) continue;
      this.#shown.add(node.key);
      this.#below(node, `${indent}${isLast ? "   " : "│  "}`, [...path, node.key]);
    }
  }

  #hasMore(key: string): boolean {
    return this.#shown.has(key) && this.#view.edges.some(({ from }) => from === key);
  }

  #textOf({ key, name, kind, state, message }: NodeView, edge?: EdgeView): string {
    const paint = this.#paint;
    const word =
      state && (GOOD.has(state) ? paint.good(state) : BAD.has(state) ? paint.bad(state) : paint.warn(state));
    const isBlocking = edge?.isMet === false;
    const why = isBlocking || (state && !GOOD.has(state)) ? message?.split("\n", 1)[0] : undefined;
    const unmet = (this.#view.unmet.get(key) ?? []).map((text) => paint.bad(`! ${text}`));
    const cells = [
      paint.name(name),
      paint.dim(kind),
      word,
      edge && paint.dim(`(${edge.text})`),
      isBlocking && paint.bad("blocks"),
      why && `· ${why}`,
      ...unmet,
    ];
    return sanitize(cells.filter(Boolean).join("  "));
  }
}
