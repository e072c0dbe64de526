import type { Random } from "../random.ts";
import { type Body, bodyOf } from "./bodies.ts";
import { framed } from "./framing.ts";
import { garbage } from "./garbage.ts";
import { headersOf } from "./headers.ts";
import { type Place, placeOf } from "./paths.ts";
import { queryOf } from "./queries.ts";
import { mutated } from "./values.ts";

/** A request as it is sent. */
export interface FuzzRequest {
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  body: Body | undefined;
  /** All of it, for HTTP/1.1. */
  bytes: Buffer;
  /** It is HTTP: an answer must come. */
  isHttp: boolean;
  /** The answer may be one that goes on and on. */
  mayStream: boolean;
}

/** What a request needs to know of the world. */
export interface Caller {
  token: string;
  host: string;
  /** An object that was answered at a path. */
  recall(path: string): unknown;
}

const METHODS: readonly (readonly [number, string])[] = [
  [34, "GET"],
  [22, "POST"],
  [14, "PUT"],
  [20, "PATCH"],
  [8, "DELETE"],
  [1, "HEAD"],
  [0.5, "OPTIONS"],
  [0.2, "TRACE"],
  [0.2, "PROPFIND"],
  [0.2, "CONNECT"],
];

/** A request by anybody who may do everything, most often one that makes some sense. */
export function requestOf(random: Random, caller: Caller): FuzzRequest {
  if (random.chance(0.012)) return garbage(random, caller);
  const wanted = random.weighted(METHODS);
  const place = placeOf(random, wanted);
  const method = harmless(wanted, place.path);
  const url = urlOf(random, method, place);
  const body = (method === "PUT" && recalled(random, place, caller)) || bodyOf(random, method, place);
  const headers = allHeaders(random, caller, body);
  const mayStream = /[?&](watch|follow)\b|\/watch\/|\/log/.test(url);
  return { method, url, headers, body, mayStream, ...framed(random, { method, url, headers, body }) };
}

/** All namespaces and all definitions at once are too much to lose: nothing would be left to ask about. */
const harmless = (method: string, path: string): string =>
  method === "DELETE" && /\/(namespaces|customresourcedefinitions)\/*$/.test(path) ? "GET" : method;

function urlOf(random: Random, method: string, { path, kind }: Place): string {
  const query = queryOf(random, method);
  // Always a parameter of its own, whatever comes before it.
  const all = kind?.acts && method !== "GET" ? [...query, "dryRun=All"] : query;
  return all.length > 0 ? `${path}${path.includes("?") ? "&" : "?"}${all.join("&")}` : path;
}

/** What is there, with a change. */
function recalled(random: Random, { path }: Place, caller: Caller): Body | undefined {
  const object = caller.recall(path);
  if (object === undefined || random.chance(0.3)) return undefined;
  const next = random.chance(0.4) ? object : mutated(random, object);
  return { bytes: Buffer.from(JSON.stringify(next)), type: "application/json" };
}

function allHeaders(random: Random, { token, host }: Caller, body: Body | undefined): [string, string][] {
  const given = headersOf(random);
  const has = (name: string) => given.some(([one]) => one === name) && random.chance(0.7);
  return [
    ...(has("Host") ? [] : ([["Host", host]] as [string, string][])),
    ...(has("Authorization") ? [] : ([["Authorization", `Bearer ${token}`]] as [string, string][])),
    ...(body && body.type !== "" ? ([["Content-Type", body.type]] as [string, string][]) : []),
    ...given,
  ];
}
