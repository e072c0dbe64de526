import type { Operation } from "../../../sync/index.ts";
import { directoryOf } from "../ssh/state.ts";

/** Files of one directory that are moved by one program. */
const MAX_NAMES = 500;

interface Step {
  readonly verb: string;
  readonly directory: string;
  readonly names: string[];
}

/** Fields of a script of steps: verb, directory, how many names, these. @param end tells that all of it has come. */
export function encodeSteps(steps: readonly Step[], end: string): Buffer {
  const fields = steps.flatMap(({ verb, directory, names }) => [
    verb,
    directory,
    String(names.length),
    ...names,
  ]);
  return Buffer.from([...fields, end, ""].join("\0"));
}

/** What goes into the log, in pieces that a shell can hold. */
export function logSteps(log: string): Step[] {
  const names = log.split("\0").slice(0, -1);
  return pieces(names, MAX_NAMES).map((piece) => ({ verb: "log", directory: "", names: piece }));
}

export const markStep = (marker: string): Step => ({
  verb: "mark",
  directory: "",
  names: marker.split("\0"),
});

/** What an operation is to a shell. Neighbours of one directory are one step. */
export function stepsOf(operations: readonly Operation[]): Step[] {
  const steps: Step[] = [];
  for (const operation of operations) {
    const step = stepOf(operation);
    const last = steps.at(-1);
    const joins = step.verb === "put" || step.verb === "unlink";
    if (
      joins &&
      last?.verb === step.verb &&
      last.directory === step.directory &&
      last.names.length < MAX_NAMES
    )
      last.names.push(...step.names);
    else steps.push(step);
  }
  return steps;
}

function stepOf(operation: Operation): Step {
  const directory = directoryOf(operation.path);
  const name = operation.path.slice(directory === "" ? 0 : directory.length + 1);
  switch (operation.type) {
    case "put":
      return { verb: "put", directory, names: [name] };
    case "link":
      return { verb: "link", directory, names: [operation.target, name] };
    case "chmod":
      return { verb: "chmod", directory, names: [operation.mode.toString(8), name] };
    case "makeDirectory":
      return { verb: "mkdir", directory, names: [name] };
    case "remove":
      return { verb: "unlink", directory, names: [name] };
    case "removeDirectory":
      return { verb: "rmdir", directory, names: [name] };
  }
}

function pieces<T>(items: readonly T[], size: number): T[][] {
  const all: T[][] = [];
  for (let at = 0; at < items.length; at += size) all.push(items.slice(at, at + size));
  return all;
}
