const MAX_LENGTH = 120;

/** A value as errors show it: short, because an error must not be a copy of a file. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 3)}…` : text;
}
