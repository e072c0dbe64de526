import type { Random } from "../random.ts";
import { CRD, type FuzzKind, KINDS, NAMES, NAMESPACES } from "./kinds.ts";
import { inUrl, oddText } from "./values.ts";

/** What a request is about. */
export interface Place {
  path: string;
  /** Undefined for what is about no kind. */
  kind?: FuzzKind;
  namespace: string;
  /** Empty for a collection. */
  name: string;
}

const DOCUMENTS = [
  "/",
  "/api",
  "/api/v1",
  "/apis",
  "/apis/apps",
  "/apis/coordination.k8s.io/v1/",
  "/apis/conformance.example.com",
  "/apis/fuzz.example.com/v1",
  "/version",
  "/healthz",
  "/livez?verbose",
  "/readyz?exclude=ping",
  "/readyz/ping",
  "/metrics",
  "/openapi/v3",
  "/openapi/v3/api/v1",
  "/openapi/v3/apis/fuzz.example.com/v1?hash=0",
  "/openapi/v3/../v2",
  "/openapi/v2",
];

const REVIEWS = [
  "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
  "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
  "/apis/authorization.k8s.io/v1/subjectaccessreviews",
  "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews",
  "/apis/authentication.k8s.io/v1/selfsubjectreviews",
  "/apis/authentication.k8s.io/v1/tokenreviews",
];

const SUBRESOURCES = ["status", "scale", "log", "finalize", "exec", "gadget", ""];

/** A place that there is, or nearly, and most often one that has the method. */
export function placeOf(random: Random, method: string): Place {
  return random.weighted<() => Place>([
    [85, () => objectPlace(random, method)],
    [method === "GET" ? 3 : 0.3, () => elsewhere(random.pick(DOCUMENTS))],
    [method === "POST" ? 8 : 0.5, () => elsewhere(random.pick(REVIEWS))],
    [7, () => nearly(random, method)],
    [0.5, () => elsewhere(`/${oddSegment(random)}`)],
  ])();
}

export const isReview = ({ path }: Place): boolean => REVIEWS.includes(path);

const elsewhere = (path: string): Place => ({ path, namespace: "", name: "" });

/** How often a name is given. */
const NAMED: Readonly<Record<string, number>> = { POST: 0.04, PUT: 0.97, PATCH: 0.97, DELETE: 0.9 };

function objectPlace(random: Random, method: string): Place {
  const kind = random.pick(KINDS);
  const isWithin = kind.namespaced && random.chance(method === "GET" ? 0.85 : 0.98);
  const namespace = isWithin ? random.pick(NAMESPACES) : "";
  const name = random.chance(NAMED[method] ?? 0.5) ? nameOf(random, kind) : "";
  const within = namespace && `/namespaces/${namespace}`;
  const sub = name && random.chance(0.12) ? `/${random.pick(SUBRESOURCES)}` : "";
  return { path: `${kind.root}${within}/${kind.plural}${name && `/${name}`}${sub}`, kind, namespace, name };
}

function nameOf(random: Random, kind: FuzzKind): string {
  if (kind === CRD)
    return random.pick(["things.fuzz.example.com", "globals.fuzz.example.com", "nobody.example.com"]);
  return kind.plural === "namespaces" ? random.pick(NAMESPACES) : random.pick(NAMES);
}

/** A valid place with a mistake in its path. */
function nearly(random: Random, method: string): Place {
  const place = objectPlace(random, method);
  const segments = place.path.split("/");
  const at = 1 + random.integer(segments.length - 1);
  random.weighted<() => void>([
    [3, () => segments.splice(at, 1, oddSegment(random))],
    [2, () => segments.splice(at, 0, oddSegment(random))],
    [2, () => segments.splice(at, 1)],
    [1, () => segments.splice(1, 1, "apis")],
    [1, () => segments.splice(4, 0, "watch")],
    [1, () => segments.push("", "")],
  ])();
  return { ...place, path: segments.join("/") };
}

const ODD_SEGMENTS = [
  "",
  ".",
  "..",
  "%2e%2e",
  "%2f",
  "%00",
  "%zz",
  "%",
  "%c3%28",
  "%F0%9F%92%A5",
  "%25",
  "*",
  "~",
  "a%20b",
  "\\",
  ";x=1",
  "__proto__",
  "constructor",
  "namespaces",
  "status",
  "watch",
];

const oddSegment = (random: Random): string =>
  random.weighted<() => string>([
    [6, () => random.pick(ODD_SEGMENTS)],
    [3, () => inUrl(oddText(random))],
    [1, () => "n".repeat(random.pick([253, 254, 4_096, 7_000]))],
  ])();
