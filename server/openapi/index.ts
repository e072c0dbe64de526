import type { Kinds } from "../registry/types.ts";
import { documentsOf, type HashedDocument } from "./documents.ts";

/** An answer about OpenAPI. Only 200 has a body; a 406 and a 301 are for the HTTP layer to word. */
export interface OpenApiAnswer {
  readonly status: number;
  readonly body?: object | Buffer;
  readonly headers: Record<string, string>;
}

const JSON_TYPE = { "Content-Type": "application/json", Vary: "Accept" };
const YEAR_MS = 365 * 24 * 3600 * 1000;

/**
 * `/openapi/v3`, `/openapi/v3/api/v1`, `/openapi/v3/apis/G/V` and `/openapi/v2`; undefined for any other path.
 *
 * @param accept The request's Accept header. Only JSON is made here. Who asks for protobuf alone must not get JSON,
 *   which it would take for protobuf: 406, unless the HTTP layer has something to say instead.
 */
export function openApiDocument(
  kinds: Kinds,
  path: string,
  query: URLSearchParams,
  accept = "",
): OpenApiAnswer | undefined {
  const plain = path.endsWith("/") ? path.slice(0, -1) : path;
  const answer = plain.startsWith("/openapi/") ? answerOf(kinds, plain, query) : undefined;
  return answer && !takesJson(accept) ? { status: 406, headers: { Vary: "Accept" } } : answer;
}

function answerOf(kinds: Kinds, path: string, query: URLSearchParams): OpenApiAnswer | undefined {
  const documents = documentsOf(kinds.all());
  if (path === "/openapi/v2") return ok(documents.v2());
  if (path === "/openapi/v3") return { status: 200, headers: JSON_TYPE, body: indexOf(documents.v3) };
  const document = documents.v3.get(path.slice("/openapi/v3/".length));
  return document && byHash(document, path, query.get("hash"));
}

const indexOf = (documents: ReadonlyMap<string, HashedDocument>) => ({
  paths: Object.fromEntries(
    [...documents].map(([path, { hash }]) => [
      path,
      { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` },
    ]),
  ),
});

/** What was asked for by its hash never changes; who has an old hash is sent to the new one. */
function byHash(document: HashedDocument, path: string, asked: string | null): OpenApiAnswer {
  if (asked === null) return ok(document);
  if (asked !== document.hash)
    return { status: 301, headers: { Location: `${path}?hash=${document.hash}`, Vary: "Accept" } };
  const { headers, ...rest } = ok(document);
  const Expires = new Date(Date.now() + YEAR_MS).toUTCString();
  return { ...rest, headers: { ...headers, "Cache-Control": "public, immutable", Expires } };
}

const ok = ({ bytes, hash }: HashedDocument): OpenApiAnswer => ({
  status: 200,
  body: bytes,
  headers: { ...JSON_TYPE, ETag: `"${hash}"` },
});

/** Whether one of the ranges takes plain JSON. */
const takesJson = (accept: string): boolean =>
  accept.trim() === "" || accept.split(",").some((range) => JSON_RANGES.has(range.split(";")[0]!.trim()));

const JSON_RANGES = new Set(["*/*", "application/*", "application/json"]);
