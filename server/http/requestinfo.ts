import { badRequest } from "../../apis/errors.ts";

/** What a path under `/api` or `/apis` names. Nothing is known yet about whether it exists. */
export interface ResourcePath {
  group: string;
  version: string;
  plural: string;
  /** Empty: none is named. */
  namespace: string;
  /** Empty: the collection. */
  name: string;
  /** Empty: the object itself. */
  subresource: string;
  /** The path itself asks for a watch, as `/api/v1/watch/configmaps` does (rule 98). */
  isWatch?: true;
}

const MAX_SEGMENT_BYTES = 253;

/**
 * Reads a path as the API server of Kubernetes does: `/apis/GROUP/VERSION[/watch][/namespaces/NS]/PLURAL[/NAME[/SUBRESOURCE]]`.
 *
 * @returns Undefined for a path that names no resource, such as `/apis` or `/version`.
 * @throws StatusError `BadRequest` for a segment that can be no name.
 */
export function resourcePathOf(path: string): ResourcePath | undefined {
  if (!/^\/apis?\//.test(path)) return undefined;
  const segments = segmentsOf(path);
  const isCore = segments[0] === "api";
  const [group, version, ...rest] = isCore ? ["", ...segments.slice(1)] : segments.slice(1);
  if (group === undefined || version === undefined || rest.length === 0) return undefined;
  // A resource may have that name, and then nothing comes after it.
  const isWatch = rest[0] === "watch" && rest.length > 1;
  const within = placeOf(isWatch ? rest.slice(1) : rest, isCore);
  return within && { group, version, ...within, ...(isWatch && { isWatch }) };
}

type Place = Omit<ResourcePath, "group" | "version">;

function placeOf(rest: readonly string[], isCore: boolean): Place | undefined {
  const [first = "", second = "", third, ...others] = rest;
  // `/namespaces/NS/status` is about the Namespace itself; `/namespaces/NS/pods` about what is in it.
  const isWithin = first === "namespaces" && third !== undefined && !(isCore && isOfNamespace(third, others));
  if (!isWithin) return resourceOf(rest, "");
  return resourceOf([third, ...others], second);
}

const isOfNamespace = (segment: string, others: readonly string[]): boolean =>
  others.length === 0 && (segment === "status" || segment === "finalize");

function resourceOf(segments: readonly string[], namespace: string): Place | undefined {
  const [plural = "", name = "", subresource = "", ...others] = segments;
  return others.length > 0 ? undefined : { plural, namespace, name, subresource };
}

/** Decoded one by one, so that an encoded slash cannot make two of one. */
function segmentsOf(path: string): string[] {
  const plain = path.endsWith("/") ? path.slice(1, -1) : path.slice(1);
  return plain.split("/").map(segmentOf);
}

function segmentOf(encoded: string): string {
  const segment = encoded.includes("%") ? decode(encoded) : encoded;
  if (isSafe(segment)) return segment;
  throw badRequest(`invalid path segment ${JSON.stringify(segment.slice(0, MAX_SEGMENT_BYTES))}`);
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw badRequest("the path has an invalid percent-encoding");
  }
}

/** What Kubernetes allows in a path segment, and no control characters. */
const isSafe = (segment: string): boolean =>
  segment !== "" &&
  segment !== "." &&
  segment !== ".." &&
  // oxlint-disable-next-line eslint/no-control-regex -- these are what is looked for
  !/[/%\\\u0000-\u001f\u007f]/.test(segment) &&
  Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES;
