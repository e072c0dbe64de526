/** Forgets the oldest entries of a map that holds more than it may. @returns those. */
export function prune<T>(map: Map<string, T>, most: number): T[] {
  const surplus = [...map].slice(0, Math.max(0, map.size - most));
  for (const [key] of surplus) map.delete(key);
  return surplus.map(([, value]) => value);
}
