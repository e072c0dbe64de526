import { createHash } from "node:crypto";
import type { Kind } from "../../apis/kind.ts";
import { notAcceptable, preferredType } from "../codec/index.ts";
import { servedKinds } from "../discovery/index.ts";
import type { Kinds } from "../registry/types.ts";
import { type Document, documentOf, prepare } from "./documents.ts";
import { type Form, type Forms, OPENAPI_FORMS, OPENAPI_JSON, SWAGGER_FORMS } from "./forms.ts";
import { type Versions, versionsOf } from "./versions.ts";

/** An answer about OpenAPI: a document, or the way to the present one. */
export interface OpenApiAnswer {
  readonly status: 200 | 301;
  readonly contentType: string;
  /** As its header has it, quotes and all. */
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes the body, which is big, and which who has it already need not be sent. */
  readonly bytes: () => Buffer;
}

interface OpenApiRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept?: string | undefined;
}

/**
 * `/openapi/v3`, `/openapi/v3/api/v1`, `/openapi/v3/apis/G/V` and `/openapi/v2`; undefined for any other path.
 *
 * @throws StatusError `NotAcceptable` for who takes neither JSON nor protobuf of OpenAPI.
 */
export function openApiDocument(kinds: Kinds, request: OpenApiRequest): OpenApiAnswer | undefined {
  const versions = versionsOf(servedKinds(kinds.all()));
  const asked = askedFor(versions, request);
  if (!asked) return undefined;
  if (asked.path === INDEX) return indexOf(versions);
  if (asked.path === SWAGGER) return answer(documentOf(asked.form, asked.kinds, "v1"), asked.form);
  return byHash(asked, request.query.get("hash"));
}

/**
 * Does most of the work of `openApiDocument` ahead, in slices: with a thousand kinds that takes seconds, in which
 * others want answers too. Whoever does not mind can do without.
 */
export async function prepareOpenApi(kinds: Kinds, request: OpenApiRequest): Promise<void> {
  const asked = askedFor(versionsOf(servedKinds(kinds.all())), request);
  if (asked) await prepare(asked.form, asked.kinds);
}

const INDEX = "/openapi/v3";
const SWAGGER = "/openapi/v2";

/** The kinds that a document is about, and its form. */
interface Asked {
  readonly path: string;
  readonly form: Form;
  readonly kinds: readonly Kind[];
}

function askedFor({ byPath, all }: Versions, request: OpenApiRequest): Asked | undefined {
  const path = request.path.endsWith("/") ? request.path.slice(0, -1) : request.path;
  // Whatever the client takes, the index is JSON, as from Kubernetes: there is no other form of it.
  if (path === INDEX) return { path, form: OPENAPI_JSON, kinds: all };
  if (path === SWAGGER) return { path, form: formFor(request, SWAGGER_FORMS), kinds: all };
  const kinds = path.startsWith(`${INDEX}/`) ? byPath.get(path.slice(INDEX.length + 1)) : undefined;
  return kinds && { path, form: formFor(request, OPENAPI_FORMS), kinds };
}

function formFor({ accept }: OpenApiRequest, forms: Forms): Form {
  const type = preferredType(accept, Object.keys(forms));
  if (type === undefined) throw notAcceptable(Object.keys(forms));
  return forms[type]!;
}

function indexOf({ byPath }: Versions): OpenApiAnswer {
  const paths = Object.fromEntries(
    [...byPath].map(([path, kinds]) => [
      path,
      { serverRelativeURL: `${INDEX}/${path}?hash=${hashOf(kinds)}` },
    ]),
  );
  const body = Buffer.from(JSON.stringify({ paths }));
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 32).toUpperCase();
  return { status: 200, contentType: "application/json", etag: `"${hash}"`, headers: {}, bytes: () => body };
}

function byHash({ path, form, kinds }: Asked, wanted: string | null): OpenApiAnswer {
  const found = answer(documentOf(form, kinds, kinds[0]!.version), form);
  if (wanted === null || wanted === "") return found;
  const hash = hashOf(kinds);
  return wanted === hash ? forEver(found) : moved(found, `${path}?hash=${hash}`);
}

/** Whatever the form, a version is known by the hash of its JSON. */
const hashOf = (kinds: readonly Kind[]): string => documentOf(OPENAPI_JSON, kinds, kinds[0]!.version).hash;

const answer = ({ hash, bytes }: Document, { contentType }: Form): OpenApiAnswer => ({
  status: 200,
  contentType,
  etag: `"${hash}"`,
  headers: { Vary: "Accept" },
  bytes,
});

const YEAR_MS = 365 * 24 * 3600 * 1000;

/** What is asked for by its hash never changes. */
const forEver = (found: OpenApiAnswer): OpenApiAnswer => ({
  ...found,
  headers: {
    ...found.headers,
    "Cache-Control": "public, immutable",
    Expires: new Date(Date.now() + YEAR_MS).toUTCString(),
  },
});

/** Who has an old hash is sent to the new one. */
const moved = (found: OpenApiAnswer, Location: string): OpenApiAnswer => ({
  ...found,
  status: 301,
  headers: { ...found.headers, Location },
  bytes: () => Buffer.alloc(0),
});
