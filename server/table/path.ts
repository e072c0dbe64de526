/** Reads one value of an object; undefined when it is not there. */
export type Getter = (object: unknown) => unknown;

const STEP =
  /\.(?<field>[A-Za-z_][\w-]*)|\[(?<key>"(?:[^"\\]|\\.)*")\]|\[(?<index>\d+)\]|\[\?\(@\.(?<by>\w+)==(?<value>"(?:[^"\\]|\\.)*")\)\]/y;

/**
 * Compiles the JSONPath that printer columns use: `.a.b`, `.a["b/c"]`, `.a[0]`, `.a[?(@.type=="Ready")].b`.
 *
 * @throws SyntaxError for anything else: a column that is wrong should fail when the kind is first used.
 */
export function compilePath(path: string): Getter {
  const steps = [...stepsOf(path)];
  return (object) => steps.reduce<unknown>((value, step) => step(value), object);
}

function* stepsOf(path: string): Generator<Getter> {
  STEP.lastIndex = 0;
  let at = 0;
  while (at < path.length) {
    const groups = STEP.exec(path)?.groups;
    if (!groups) throw new SyntaxError(`cannot read the column path ${path} at character ${at}`);
    at = STEP.lastIndex;
    yield stepOf(groups);
  }
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
