import { Output } from "./output.ts";

/** Writes a value as a field of this number; nothing if it has nothing to say, or is of another type. */
export type Write = (out: Output, field: number, value: unknown) => void;

/** Writes what is inside of a message. */
export type Content = (out: Output, value: unknown) => void;

/** Text that is there even when it is empty: an item of a list, or a member of a `oneof`. */
export const keptText: Write = (out, field, value) => {
  if (typeof value === "string") out.textField(field, value);
};

export const text: Write = (out, field, value) => {
  if (value !== "") keptText(out, field, value);
};

/** A flag that is there even when it is off. */
export const keptFlag: Write = (out, field, value) => {
  if (typeof value === "boolean") out.varintField(field, value ? 1 : 0);
};

export const flag: Write = (out, field, value) => {
  if (value === true) keptFlag(out, field, value);
};

export const keptDouble: Write = (out, field, value) => {
  if (typeof value === "number") out.doubleField(field, value);
};

export const double: Write = (out, field, value) => {
  if (value !== 0) keptDouble(out, field, value);
};

export const integer: Write = (out, field, value) => {
  if (value !== 0 && Number.isSafeInteger(value)) out.varintField(field, value as number);
};

/** A message; there even when nothing is in it. */
export const nested =
  (content: Content): Write =>
  (out, field, value) =>
    out.messageField(field, () => content(out, value));

/** Each item of a list; what is no list is a list of one. */
export const repeated =
  (write: Write): Write =>
  (out, field, value) => {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (let i = items.length - 1; i >= 0; i--) write(out, field, items[i]);
  };

/** Each member of an object, as a message of its name (1) and value (2). */
export const members =
  (write: Write): Write =>
  (out, field, value) => {
    if (!isObject(value)) return;
    for (const [name, member] of Object.entries(value).toReversed()) {
      out.messageField(field, () => {
        write(out, 2, member);
        text(out, 1, name);
      });
    }
  };

/** The fields of a message: by the name in JSON, the number and the way to write it. Other names are left out. */
export function fields(table: Readonly<Record<string, readonly [number, Write]>>): Content {
  const falling = Object.entries(table).toSorted(([, [a]], [, [b]]) => b - a);
  return (out, value) => {
    if (!isObject(value)) return;
    for (const [name, [field, write]] of falling) {
      if (Object.hasOwn(value, name) && value[name] !== undefined) write(out, field, value[name]);
    }
  };
}

/** A message as bytes, ready to be sent or to stand among other fields. */
export function bytesOf(content: Content, value?: unknown): Buffer {
  const out = new Output();
  content(out, value);
  return out.toBuffer();
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
