/** Longer ones are cut into several; no engine writes such lines. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** One JSON value for each line of a stream. What is no JSON is left out. */
export async function* jsonLines(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Record<string, unknown>, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_LINE) rest = "";
    for (const line of lines) yield* valueOf(line);
  }
  yield* valueOf(rest);
}

function* valueOf(line: string): Generator<Record<string, unknown>, void, void> {
  if (line.trim() === "") return;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) yield value as Record<string, unknown>;
  } catch {
    // Half a line of an engine that has died; that it died is told by the stream itself.
  }
}

/** What a line of a build or a push says went wrong. */
export function errorIn(line: Record<string, unknown>): string | undefined {
  const { error, errorDetail } = line as { error?: unknown; errorDetail?: { message?: unknown } };
  if (typeof errorDetail?.message === "string") return errorDetail.message;
  return typeof error === "string" ? error : undefined;
}
