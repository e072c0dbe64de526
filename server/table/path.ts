import { stepsOf as generalStepsOf, valuesAt } from "../../apis/jsonpath/index.ts";

/** Reads one value of an object; undefined when it is not there. */
export type Getter = (object: unknown) => unknown;

const STEP =
  /\.(?<field>[A-Za-z_][\w-]*)|\[(?<key>"(?:[^"\\]|\\.)*")\]|\[(?<index>\d+)\]|\[\?\(@\.(?<by>\w+)==(?<value>"(?:[^"\\]|\\.)*")\)\]/y;

/**
 * Compiles the JSONPath that printer columns use: `.a.b`, `.a["b/c"]`, `.a[0]`, `.a[?(@.type=="Ready")].b`; and, more
 * slowly, any other, of which the first result counts.
 *
 * @throws SyntaxError if it is none: a column that is wrong should fail when the kind is first used.
 */
export function compilePath(path: string): Getter {
  const steps = stepsOf(path);
  if (steps) return (object) => steps.reduce<unknown>((value, step) => step(value), object);
  const general = generalStepsOf(path);
  return (object) => valuesAt(general, object)[0];
}

const MAX_LENGTH = 1024;

/** Why a path cannot be that of a column; undefined if it can. */
export function columnPathProblem(path: string): string | undefined {
  if (path.length > MAX_LENGTH) return `must be at most ${MAX_LENGTH} characters long`;
  // What is found below what is found below… is more than any row has room for.
  if (path.split("..").length > 2) return "must not have more than one ..";
  try {
    compilePath(path);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Undefined if there is a step that is not a simple one. */
function stepsOf(path: string): Getter[] | undefined {
  STEP.lastIndex = 0;
  const steps: Getter[] = [];
  for (let at = 0; at < path.length; at = STEP.lastIndex) {
    const groups = STEP.exec(path)?.groups;
    if (!groups) return undefined;
    steps.push(stepOf(groups));
  }
  return steps;
}

function stepOf({ field, key, index, by, value }: Record<string, string | undefined>): Getter {
  if (by !== undefined) return itemWhere(by, JSON.parse(value!));
  if (index !== undefined)
    return (from) => (Array.isArray(from) ? (from[Number(index)] as unknown) : undefined);
  return member(field ?? (JSON.parse(key!) as string));
}

const member =
  (name: string): Getter =>
  (from) =>
    isObject(from) && Object.hasOwn(from, name) ? from[name] : undefined;

const itemWhere =
  (name: string, value: unknown): Getter =>
  (from) =>
    Array.isArray(from) ? from.find((item) => isObject(item) && item[name] === value) : undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
