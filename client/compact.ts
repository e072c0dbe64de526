/**
 * The value as JSON would have it: no field that is undefined. What needs no change is returned itself, so that
 * frozen objects that were read are not copied for nothing.
 */
export function compact<T>(value: T): T {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => compact(item ?? null));
    return items.every((item, i) => item === value[i]) ? value : (items as T);
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const kept = entries
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => [key, compact(field)]);
  const isSame = kept.length === entries.length && kept.every(([, field], i) => field === entries[i]![1]);
  return isSame ? value : (Object.fromEntries(kept) as T);
}
