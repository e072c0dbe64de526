/** A media type with its parameters, all in lower case but the values of parameters. */
export interface MediaType {
  type: string;
  parameters: Readonly<Record<string, string>>;
}

/** One range of an Accept header. `quality` is 0 for what the client refuses. */
export interface MediaRange extends MediaType {
  quality: number;
}

const MAX_RANGES = 32;
const TYPE = /^[a-z0-9!#$&^_.+*@-]+\/[a-z0-9!#$&^_.+*@-]+$/;

/** Undefined if it is none. */
export function parseMediaType(text: string): MediaType | undefined {
  const [type = "", ...parts] = text.split(";");
  const name = type.trim().toLowerCase();
  if (!TYPE.test(name)) return undefined;
  return { type: name, parameters: parametersOf(parts) };
}

function parametersOf(parts: readonly string[]): Record<string, string> {
  // Without prototype: names come from the client.
  const parameters = Object.create(null) as Record<string, string>;
  for (const part of parts) {
    const at = part.indexOf("=");
    if (at < 0) continue;
    parameters[part.slice(0, at).trim().toLowerCase()] = part
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, "$1");
  }
  return parameters;
}

/** The ranges of an Accept header, best first; what is no media range is left out. */
export function parseAccept(text: string): MediaRange[] {
  return text
    .split(",", MAX_RANGES)
    .flatMap((part) => parseMediaType(part) ?? [])
    .map((range) => ({ ...range, quality: qualityOf(range) }))
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
}

function qualityOf({ parameters }: MediaType): number {
  if (parameters["q"] === undefined) return 1;
  const quality = Number(parameters["q"]);
  return Number.isFinite(quality) ? Math.min(Math.max(quality, 0), 1) : 1;
}
