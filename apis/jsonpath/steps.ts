/** One step from values to values. */
export type Step =
  | { type: "field"; name: string }
  | { type: "all" }
  | { type: "descend" }
  | { type: "slice"; start?: number; end?: number; step: number; single: boolean }
  | { type: "filter"; left: Operand; operator?: string; right?: Operand }
  | { type: "union"; paths: Step[][] };

export type Operand = { path: Step[] } | { value: string | number | boolean | null };

/**
 * Steps of `$.a.b[0]['c'][?(@.d=="x")]..e`.
 *
 * @throws SyntaxError that quotes what cannot be read.
 */
export function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  let rest = path.replace(/^[$@]/, "");
  while (rest) {
    const { step, length } = nextStep(rest, path);
    if (step) steps.push(step);
    rest = rest.slice(length);
  }
  return steps;
}

function nextStep(rest: string, path: string): { step?: Step; length: number } {
  // The second dot belongs to the field that follows.
  if (rest.startsWith("..")) return { step: { type: "descend" }, length: /^\.\.[[*]/.test(rest) ? 2 : 1 };
  if (rest.startsWith("[")) return bracket(rest, path);
  const wildcard = /^\.?\*/.exec(rest);
  if (wildcard) return { step: { type: "all" }, length: wildcard[0].length };
  const field = /^\.?((?:\\.|[^.[\\\s])+)/.exec(rest);
  if (field) {
    const name = field[1]!.replace(/\\(.)/g, "$1");
    return { step: { type: "field", name }, length: field[0].length };
  }
  if (rest === ".") return { length: 1 };
  throw new SyntaxError(`jsonpath: cannot read "${rest}" in "${path}"`);
}

function bracket(rest: string, path: string): { step: Step; length: number } {
  const close = closingBracket(rest, path);
  return { step: subscript(rest.slice(1, close).trim(), path), length: close + 1 };
}

function closingBracket(rest: string, path: string): number {
  let quote = "";
  let depth = 0;
  for (let i = 0; i < rest.length; i++) {
    const char = rest[i]!;
    if (quote) quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === "[") depth++;
    else if (char === "]" && --depth === 0) return i;
  }
  throw new SyntaxError(`jsonpath: no ] for the [ in "${path}"`);
}

const QUOTED = /^(?:'[^']*'|"[^"]*")$/;

function subscript(text: string, path: string): Step {
  if (text === "*") return { type: "all" };
  const filter = /^\?\((.*)\)$/s.exec(text)?.[1];
  if (filter !== undefined) return filterOf(filter);
  if (QUOTED.test(text)) return { type: "field", name: text.slice(1, -1) };
  if (/^-?\d+$/.test(text)) return { type: "slice", start: Number(text), step: 1, single: true };
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(text);
  if (slice) {
    const [start, end, step] = slice.slice(1).map((bound) => (bound ? Number(bound) : undefined));
    return { type: "slice", start, end, step: step ?? 1, single: false };
  }
  if (text.includes(",")) {
    return { type: "union", paths: text.split(",").map((part) => stepsOf(`[${part.trim()}]`)) };
  }
  throw new SyntaxError(`jsonpath: cannot read "[${text}]" in "${path}"`);
}

function filterOf(text: string): Step {
  const [, left, operator, right] = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(text.trim()) ?? [];
  if (left === undefined) return { type: "filter", left: { path: stepsOf(text.trim()) } };
  return { type: "filter", left: operandOf(left), operator, right: operandOf(right!) };
}

function operandOf(text: string): Operand {
  const trimmed = text.trim();
  if (QUOTED.test(trimmed)) return { value: trimmed.slice(1, -1) };
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return { value: Number(trimmed) };
  if (trimmed === "true" || trimmed === "false") return { value: trimmed === "true" };
  if (trimmed === "null" || trimmed === "nil") return { value: null };
  return { path: stepsOf(trimmed) };
}
