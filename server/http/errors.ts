import type { IncomingMessage, ServerResponse } from "node:http";
import { badRequest, StatusError, type Status } from "../../apis/errors.ts";
import { encode, formatOfErrors, unsupportedMediaType, wantsPretty } from "../codec/index.ts";
import { auditIdOf, commonHeaders } from "./headers.ts";
import { isHttp2 } from "./protocol.ts";

/** Lines of an error go to terminals and logs, and parts of them come from whoever sent the request. */
// oxlint-disable-next-line eslint/no-control-regex -- these are what is replaced
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

const clean = (text: string): string => text.replace(CONTROL, "\ufffd");

/** The error that any thrown value is to a client. What is not meant for clients shows nothing of itself. */
export function statusErrorOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return tooLarge();
  if (statusCode === 415) return unsupportedMediaType(["application/json", "application/yaml"]);
  const isOfClient = typeof statusCode === "number" && statusCode >= 400 && statusCode < 500;
  if (isOfClient && error instanceof Error) return badRequest(error.message);
  return new StatusError(500, "InternalError", "an internal error occurred; the log of the server has more");
}

/** The body that an error answers with. */
function statusOf(error: StatusError): Status {
  const status = error.toStatus();
  return { ...status, ...(status.message !== undefined && { message: clean(status.message) }) };
}

export const tooLarge = (): StatusError =>
  new StatusError(413, "RequestEntityTooLarge", "the body of the request is larger than 3 MiB");

export const tooSlow = (): StatusError => new StatusError(408, "Timeout", "the request was not sent in time");

export const tooManyRequests = (message: string): StatusError =>
  new StatusError(429, "TooManyRequests", message, { retryAfterSeconds: 1 });

export const unknownPath = (): StatusError =>
  new StatusError(404, "NotFound", "the server could not find the requested resource");

export const methodNotAllowed = (method: string): StatusError =>
  new StatusError(405, "MethodNotAllowed", `the server does not allow ${method} on the requested resource`);

/** The only one that is served. */
export const WEBSOCKET_VERSION = "13";

/** Headers that an error brings with it. */
const headersOf = ({ code, details }: StatusError): Record<string, string> => ({
  ...(code === 401 && { "www-authenticate": "Bearer" }),
  ...(code === 426 && { upgrade: "websocket", "sec-websocket-version": WEBSOCKET_VERSION }),
  ...(details?.retryAfterSeconds !== undefined && { "retry-after": String(details.retryAfterSeconds) }),
});

/** The error in the form that a request asks for, with its headers. */
export function answerWith({ headers, url = "" }: IncomingMessage, error: StatusError) {
  const format = formatOfErrors(headers.accept);
  const [, parameter = null] = /[?&]pretty=?([^&]*)/.exec(url) ?? [];
  const pretty = wantsPretty(parameter, headers["user-agent"]);
  return {
    headers: { ...headersOf(error), "content-type": `application/${format}` },
    body: encode(statusOf(error), { format, pretty }),
  };
}

/** Answers a request that goes no further. Used before there is a Fastify request. */
export function refuse(response: ServerResponse, error: StatusError, hasBody: boolean): void {
  const { headers, body } = answerWith(response.req, error);
  response.writeHead(error.code, {
    ...commonHeaders(auditIdOf(response.req)),
    ...headers,
    "content-length": body.length,
    // What a stranger still has to send is not read. HTTP/2 ends the request alone, by itself.
    ...(hasBody && !isHttp2(response.req) && { connection: "close" }),
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
