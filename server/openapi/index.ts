import { createHash } from "node:crypto";
import type { Kind } from "../../apis/kind.ts";
import { notAcceptable, preferredType } from "../codec/index.ts";
import { servedKinds } from "../discovery/index.ts";
import type { Kinds } from "../registry/types.ts";
import { type Document, documentOf, type Versions, versionsOf } from "./documents.ts";
import { type Form, type Forms, OPENAPI_FORMS, OPENAPI_JSON, SWAGGER_FORMS } from "./forms.ts";

/** An answer about OpenAPI: a document, or the way to the present one. */
export interface OpenApiAnswer {
  readonly status: 200 | 301;
  readonly contentType: string;
  /** As its header has it, quotes and all. */
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes the body, which is big and which who has it already need not be sent. */
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
  const { path, accept } = request;
  const plain = path.endsWith("/") ? path.slice(0, -1) : path;
  const versions = versionsOf(servedKinds(kinds.all()));
  if (plain === "/openapi/v3") return indexOf(versions);
  if (plain === "/openapi/v2") return swagger(versions, formFor(accept, SWAGGER_FORMS));
  const found = plain.startsWith(V3) ? versions.get(plain.slice(V3.length)) : undefined;
  return found && openApi(found, { ...request, path: plain });
}

const V3 = "/openapi/v3/";

function formFor(accept: string | undefined, forms: Forms): Form {
  const type = preferredType(accept, Object.keys(forms));
  if (type === undefined) throw notAcceptable(Object.keys(forms));
  return forms[type]!;
}

/** Whatever the client takes, it is JSON, as from Kubernetes: there is no other form of it. */
function indexOf(versions: Versions): OpenApiAnswer {
  const paths = Object.fromEntries(
    [...versions].map(([path, kinds]) => [path, { serverRelativeURL: `${V3}${path}?hash=${hashOf(kinds)}` }]),
  );
  const body = Buffer.from(JSON.stringify({ paths }));
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 32).toUpperCase();
  return { status: 200, contentType: "application/json", etag: `"${hash}"`, headers: {}, bytes: () => body };
}

const swagger = (versions: Versions, form: Form): OpenApiAnswer =>
  answer(documentOf(form, [...versions.values()].flat(), "v1"), form);

function openApi(kinds: readonly Kind[], { path, query, accept }: OpenApiRequest): OpenApiAnswer {
  const form = formFor(accept, OPENAPI_FORMS);
  const found = answer(documentOf(form, kinds, kinds[0]!.version), form);
  const asked = query.get("hash");
  if (asked === null || asked === "") return found;
  const hash = hashOf(kinds);
  return asked === hash ? forEver(found) : moved(found, `${path}?hash=${hash}`);
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
