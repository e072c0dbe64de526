import type { Class } from "./classes.ts";
import type { Assertion, Node } from "./parse.ts";

/** One step of a machine that is in many places at once. */
export type Instruction =
  | { type: "class"; matches: Class; next: number }
  | { type: "assert"; what: Assertion; next: number }
  | { type: "split"; next: readonly number[] }
  | { type: "match" };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

/** Repetitions of repetitions multiply; no pattern that people write comes near. */
const MAX_INSTRUCTIONS = 10_000;

/**
 * Written from the end to the beginning, so that each step knows what comes after it.
 *
 * @throws SyntaxError if it would be too large.
 */
export function programOf(node: Node): Program {
  const instructions: Instruction[] = [{ type: "match" }];
  const add = (instruction: Instruction): number => {
    if (instructions.length >= MAX_INSTRUCTIONS) throw new SyntaxError("expression is too large");
    return instructions.push(instruction) - 1;
  };
  const start = emit(node, 0, { instructions, add });
  return { instructions, start };
}

interface Output {
  readonly instructions: Instruction[];
  add(instruction: Instruction): number;
}

/** Adds the steps of a node before `next`, and gives the first of them. */
function emit(node: Node, next: number, output: Output): number {
  switch (node.type) {
    case "class":
      return output.add({ type: "class", matches: node.matches, next });
    case "assert":
      return output.add({ type: "assert", what: node.what, next });
    case "sequence":
      return node.of.reduceRight((after, part) => emit(part, after, output), next);
    case "choice":
      return output.add({ type: "split", next: node.of.map((branch) => emit(branch, next, output)) });
    case "repeat":
      return emitRepeat(node, next, output);
  }
}

function emitRepeat({ of, min, max }: Node & { type: "repeat" }, next: number, output: Output): number {
  let at = next;
  if (max === Infinity) at = emitLoop(of, next, output);
  else for (let i = min; i < max; i++) at = output.add({ type: "split", next: [emit(of, at, output), next] });
  for (let i = 0; i < min; i++) at = emit(of, at, output);
  return at;
}

function emitLoop(of: Node, next: number, output: Output): number {
  const loop = output.add({ type: "split", next: [] });
  output.instructions[loop] = { type: "split", next: [emit(of, loop, output), next] };
  return loop;
}
