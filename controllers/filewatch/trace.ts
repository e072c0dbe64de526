let lastMicros = 0;

/** RFC 3339 with microseconds. Each answer is later than the one before, so that events can be told apart by time. */
export function nextMicroTime(timeMs: number): string {
  lastMicros = Math.max(timeMs * 1000, lastMicros + 1);
  const micros = String(lastMicros % 1_000_000).padStart(6, "0");
  return `${new Date(Math.floor(lastMicros / 1000)).toISOString().slice(0, 19)}.${micros}Z`;
}
