import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import type { Answer } from "./answer.ts";
import type { Outcome } from "./client.ts";
import type { FuzzRequest } from "./grammar/requests.ts";

/** What is wrong with how a request was answered; undefined if nothing is. */
export function problemOf(request: FuzzRequest, { answers, end }: Outcome): string | undefined {
  if (request.isHttp && answers.length === 0 && !request.mayStream) return `no answer: ${end}`;
  for (const answer of answers) {
    const problem = problemIn(request, answer);
    if (problem) return `${problem}: ${answer.status} ${textOf(answer).slice(0, 500)}`;
  }
  return undefined;
}

function problemIn({ method, url }: FuzzRequest, answer: Answer): string | undefined {
  const { status } = answer;
  if (!(status >= 100 && status < 600)) return "no status";
  // An answer to HEAD has no body that could say more.
  if (method === "HEAD" && status === 504 && url.includes("resourceVersion=")) return undefined;
  if (status >= 500 && !isDocumented(answer)) return "an error of the server";
  if (method === "HEAD" || status === 304 || status === 101) return undefined;
  if (status >= 400 && /^\/apis?(\/|$)/.test(url))
    return isStatus(answer) ? undefined : "no Status with that code";
  return isReadable(answer) ? undefined : "not what its Content-Type says";
}

interface Status {
  kind?: string;
  status?: string;
  code?: number;
  reason?: string;
  details?: { causes?: { reason?: string }[] };
}

/** A revision that is yet to come (rule 78), and a disk that is full. */
function isDocumented(answer: Answer): boolean {
  const { reason, details } = (valueOf(answer) ?? {}) as Status;
  if (answer.status === 507) return reason === "InsufficientStorage";
  return answer.status === 504 && details?.causes?.[0]?.reason === "ResourceVersionTooLarge";
}

function isStatus(answer: Answer): boolean {
  if (!isReadable(answer)) return false;
  const { kind, status, code } = (valueOf(answer) ?? {}) as Status;
  return kind === "Status" && status === "Failure" && code === answer.status;
}

function isReadable(answer: Answer): boolean {
  try {
    valueOf(answer);
    return true;
  } catch {
    return false;
  }
}

/** The document in an answer. @throws Error if it is not what its Content-Type says. */
export function valueOf(answer: Answer): unknown {
  const type = answer.headers["content-type"] ?? "";
  if (type.includes("yaml")) return parse(textOf(answer), { maxAliasCount: -1 });
  return type.includes("json") && !isStream(answer) ? (JSON.parse(textOf(answer)) as unknown) : undefined;
}

/** Lines of a watch that has ended. */
const isStream = (answer: Answer): boolean => /^(\{"type":|$)/.test(textOf(answer));

function textOf({ headers, body }: Answer): string {
  return (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("utf8");
}

/** All that is needed to send it again by hand. */
export const replayOf = ({ bytes }: FuzzRequest): string =>
  bytes.length > 20_000
    ? `${bytes.length} bytes, beginning with ${JSON.stringify(bytes.toString("latin1", 0, 2_000))}`
    : `printf %s '${bytes.toString("base64")}' | base64 -d`;
