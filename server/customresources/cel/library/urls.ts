import { EvaluationError } from "../errors.ts";
import { CelMap, Opaque, type Value } from "../values.ts";
import { type Library, noOverload, textIn } from "./arguments.ts";

/** Scheme, then authority, path and query; kept as they are written. */
const ABSOLUTE = /^([a-zA-Z][-a-zA-Z0-9+.]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/;
const PATH = /^()()(\/[^?#]*)(?:\?([^#]*))?(?:#.*)?$/;

export class Url extends Opaque {
  readonly typeName = "kubernetes.URL";
  readonly text: string;
  readonly parts: readonly string[];

  constructor(text: string, parts: readonly string[]) {
    super();
    this.text = text;
    this.parts = parts;
  }

  equals(other: Opaque): boolean {
    return other instanceof Url && other.text === this.text;
  }
}

/** An absolute URL, or a path from the root; undefined for anything else. */
function parseUrl(text: string): Url | undefined {
  // oxlint-disable-next-line eslint/no-control-regex -- these are what is refused
  if (text.length > 64 * 1024 || /[\u0000-\u0020\u007f]/.test(text)) return undefined;
  const isAbsolute = ABSOLUTE.test(text) && URL.canParse(text);
  const found = isAbsolute ? ABSOLUTE.exec(text) : PATH.exec(text);
  return found
    ? new Url(
        text,
        found.slice(1).map((part) => part ?? ""),
      )
    : undefined;
}

function urlIn(args: readonly Value[]): Url {
  const [value] = args;
  if (value instanceof Url) return value;
  throw noOverload(args);
}

const hostOf = (url: Url): string => url.parts[1]!.replace(/^.*@/, "");
const PORT = /:(\d*)$/;

export const URLS: Library = {
  url(args) {
    const found = parseUrl(textIn(args, 0));
    if (found) return found;
    throw new EvaluationError(`URL parse error: ${JSON.stringify(textIn(args, 0).slice(0, 80))}`);
  },
  isURL: (args) => parseUrl(textIn(args, 0)) !== undefined,
  getScheme: (args) => urlIn(args).parts[0]!.toLowerCase(),
  getHost: (args) => hostOf(urlIn(args)),
  getHostname: (args) =>
    hostOf(urlIn(args))
      .replace(PORT, "")
      .replace(/^\[(.*)\]$/, "$1"),
  getPort: (args) => PORT.exec(hostOf(urlIn(args)))?.[1] ?? "",
  getEscapedPath: (args) => urlIn(args).parts[2]!,
  getQuery(args) {
    const query = new CelMap();
    const parameters = new URLSearchParams(urlIn(args).parts[3]);
    for (const name of new Set(parameters.keys())) query.set(name, parameters.getAll(name));
    return query;
  },
};
