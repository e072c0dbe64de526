import { StatusError } from "../../apis/errors.ts";
import { parseAccept, type MediaRange } from "./media.ts";

export type Format = "json" | "yaml";

/** In what form an answer is wanted: the object itself, a table of it, or only its metadata. */
export interface Representation {
  format: Format;
  as: "object" | "table" | "partial";
  contentType: string;
}

/** What an endpoint can answer with. */
export interface Offer {
  formats: readonly Format[];
  /** Values of the `as` parameter, such as `Table`. */
  transforms: readonly string[];
}

const PARTIAL = "PartialObjectMetadata";
const PARTIAL_LIST = "PartialObjectMetadataList";

export const OBJECT_OFFER: Offer = { formats: ["json", "yaml"], transforms: ["Table", PARTIAL] };
export const LIST_OFFER: Offer = { formats: ["json", "yaml"], transforms: ["Table", PARTIAL_LIST] };
export const WATCH_OFFER: Offer = { formats: ["json"], transforms: ["Table", PARTIAL] };

const FORMATS: Readonly<Record<string, Format>> = {
  "*/*": "json",
  "application/*": "json",
  "application/json": "json",
  "application/yaml": "yaml",
};

const JSON_OBJECT: Representation = { format: "json", as: "object", contentType: "application/json" };

/**
 * The best representation that both sides know.
 *
 * @throws StatusError 406 `NotAcceptable`, listing what there is.
 */
export function negotiate(accept: string | undefined, offer: Offer): Representation {
  if (isPlain(accept)) return JSON_OBJECT;
  const ranges = parseAccept(accept!);
  for (const range of ranges) {
    const representation = representationOf(range, offer);
    if (representation) return representation;
  }
  throw notAcceptable(offer.formats.map((format) => `application/${format}`));
}

/** The format of an error: that of the objects if possible, and never a reason for another error. */
export function formatOfErrors(accept: string | undefined): Format {
  if (isPlain(accept)) return "json";
  const known = parseAccept(accept!).find(({ type }) => Object.hasOwn(FORMATS, type));
  return known ? FORMATS[known.type]! : "json";
}

/** What most clients say, answered without parsing it. */
const isPlain = (accept: string | undefined): boolean =>
  accept === undefined || accept === "" || accept === "application/json" || accept === "*/*";

function representationOf(range: MediaRange, offer: Offer): Representation | undefined {
  const format = Object.hasOwn(FORMATS, range.type) ? FORMATS[range.type]! : undefined;
  if (!format || !offer.formats.includes(format)) return undefined;
  const { as, v, g } = range.parameters;
  if (as === undefined) return { ...JSON_OBJECT, format, contentType: `application/${format}` };
  if (g !== "meta.k8s.io" || v !== "v1" || !offer.transforms.includes(as)) return undefined;
  return {
    format,
    as: as === "Table" ? "table" : "partial",
    contentType: `application/${format};as=${as};v=v1;g=meta.k8s.io`,
  };
}

export const notAcceptable = (offered: readonly string[]): StatusError =>
  new StatusError(406, "NotAcceptable", `only the following media types are accepted: ${offered.join(", ")}`);
