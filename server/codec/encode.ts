import { encodeYaml } from "./yaml.ts";
import type { Format } from "./negotiate.ts";

/** How the text of an answer looks. */
export interface Layout {
  format: Format;
  pretty: boolean;
}

export function encode(value: unknown, { format, pretty }: Layout): Buffer {
  if (format === "yaml") return encodeYaml(value);
  return Buffer.from(pretty ? `${JSON.stringify(value, null, 2)}\n` : JSON.stringify(value), "utf8");
}

/** Stored JSON in the layout that is wanted; most often just as it is. */
export const encodeStored = (bytes: Buffer, layout: Layout): Buffer =>
  layout.format === "json" && !layout.pretty
    ? bytes
    : encode(JSON.parse(bytes.toString("utf8")) as unknown, layout);

/** What Go takes for true. */
const TRUE = ["1", "t", "T", "true", "True", "TRUE"];
const PEOPLE = /^(curl|Wget|Mozilla)\//;

/** Rule 25: as asked, else by who asks. */
export function wantsPretty(parameter: string | null, userAgent: string | undefined): boolean {
  if (parameter) return TRUE.includes(parameter);
  return userAgent !== undefined && PEOPLE.test(userAgent);
}
