import type { Value } from "./values.ts";

/** An expression as a tree. Operators are calls of a function that is named as they are written. */
export type Expr =
  | { kind: "literal"; value: Value }
  | { kind: "name"; name: string }
  | { kind: "select" | "has"; of: Expr; field: string; optional: boolean }
  | { kind: "index"; of: Expr; key: Expr; optional: boolean }
  | { kind: "call"; name: string; target: Expr | undefined; args: readonly Expr[] }
  | { kind: "list"; items: readonly Item[] }
  | { kind: "map"; entries: readonly Entry[] }
  | { kind: "and" | "or"; left: Expr; right: Expr }
  | { kind: "condition"; test: Expr; yes: Expr; no: Expr }
  | Macro;

/** `list.all(x, predicate)` and the like: a body that is evaluated for each item. */
export interface Macro {
  kind: "macro";
  name: string;
  over: Expr;
  variables: readonly string[];
  bodies: readonly Expr[];
}

export interface Item {
  value: Expr;
  optional: boolean;
}

export interface Entry extends Item {
  key: Expr;
}

/** The expressions directly below one. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "literal":
    case "name":
      return [];
    case "select":
    case "has":
      return [expr.of];
    case "index":
      return [expr.of, expr.key];
    case "call":
      return expr.target ? [expr.target, ...expr.args] : expr.args;
    case "list":
      return expr.items.map(({ value }) => value);
    case "map":
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case "and":
    case "or":
      return [expr.left, expr.right];
    case "condition":
      return [expr.test, expr.yes, expr.no];
    case "macro":
      return [expr.over, ...expr.bodies];
  }
}
