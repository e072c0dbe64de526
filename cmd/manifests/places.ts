import { isMap, isScalar, isSeq, type Document, type LineCounter, type Node, type Pair } from "yaml";

export interface Place {
  line: number;
  column: number;
}

/** Finds the lines of the fields of one object in a file. */
export class Places {
  readonly #root: Node | null;
  readonly #lines: LineCounter;

  /** @param path - Where the object is in its document: for an item of a List. */
  constructor(document: Document, lines: LineCounter, path: readonly (string | number)[] = []) {
    this.#root = path.length ? (document.getIn(path, true) as Node) : document.contents;
    this.#lines = lines;
  }

  /**
   * Where a field is, given its path as the server writes it: `spec.argv[0]`, `metadata.labels.app.kubernetes.io/name`.
   *
   * The key if the field is in a map, else the item. What is missing is looked for where it should have been: at the
   * nearest field around it.
   */
  of(field: string): Place {
    let node: Node | null = this.#root;
    let found: Node | null = this.#root;
    for (let rest = field; rest && node;) {
      const step = this.#step(node, rest);
      if (!step) break;
      found = step.at;
      node = step.value;
      rest = rest.slice(step.length);
    }
    return this.#placeOf(found);
  }

  #step(node: Node, rest: string): { at: Node; value: Node | null; length: number } | undefined {
    const skip = rest.startsWith(".") ? 1 : 0;
    const bracket = /^\["?([^\]"]*)"?\]/.exec(rest);
    if (isSeq(node)) {
      const item = bracket && (node.items[Number(bracket[1])] as Node | undefined);
      return item ? { at: item, value: item, length: bracket[0].length } : undefined;
    }
    if (!isMap(node)) return undefined;
    const pairs = node.items as Pair<Node, Node | null>[];
    if (bracket) return stepInto(pairs, bracket[1]!, bracket[0].length);
    return this.#longest(pairs, rest, skip);
  }

  /** A key may hold dots itself, so the longest that fits is meant. */
  #longest(pairs: Pair<Node, Node | null>[], rest: string, skip: number) {
    const fitting = pairs
      .map((pair) => ({ pair, key: keyOf(pair) }))
      .filter(({ key }) => rest.startsWith(key, skip) && /^([.[]|$)/.test(rest.slice(skip + key.length)))
      .toSorted((a, b) => b.key.length - a.key.length)[0];
    if (!fitting) return undefined;
    return { at: fitting.pair.key, value: fitting.pair.value, length: skip + fitting.key.length };
  }

  #placeOf(node: Node | null): Place {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0);
    return { line: line || 1, column: col || 1 };
  }
}

function stepInto(pairs: Pair<Node, Node | null>[], key: string, length: number) {
  const pair = pairs.find((pair) => keyOf(pair) === key);
  return pair && { at: pair.key, value: pair.value, length };
}

const keyOf = ({ key }: Pair<Node, Node | null>): string => (isScalar(key) ? String(key.value) : "");
