import { StatusError, type Status, type StatusReason } from "../../apis/errors.ts";

interface ConnectionErrorOptions {
  /** URL, or path of the socket. */
  address: string;
  cause?: unknown;
}

/** Nobody answers at the address, or the answer broke off. `code` is that of Node, such as `ECONNREFUSED`. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly address: string;
  readonly code: string | undefined;

  constructor({ address, cause }: ConnectionErrorOptions) {
    const { code, message } = (cause ?? {}) as NodeJS.ErrnoException;
    super(`cannot reach the server at ${address}: ${message || code || "the connection broke off"}`, {
      cause,
    });
    this.address = address;
    this.code = code;
  }

  /** There is no server, as opposed to one that went away while it answered or one that we do not trust. */
  get isNotListening(): boolean {
    return this.code !== undefined && NOT_LISTENING.has(this.code);
  }
}

const NOT_LISTENING = new Set(["ECONNREFUSED", "ENOENT", "ENOTSOCK", "ENOTFOUND"]);

const REASONS: Record<number, StatusReason> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
  504: "Timeout",
  507: "InsufficientStorage",
};

/** The error that an answer of 400 and above stands for: its Status, or else what its code says. */
export function errorOf(code: number, body: string, retryAfter?: string): StatusError {
  const status = statusOf(body);
  const details = { ...status?.details };
  if (retryAfter && /^\d+$/.test(retryAfter)) details.retryAfterSeconds ??= Number(retryAfter);
  return StatusError.from(
    {
      code,
      reason: REASONS[code] ?? "InternalError",
      message: body.trim().slice(0, 1_000) || `HTTP ${code}`,
      ...status,
      ...(Object.keys(details).length > 0 && { details }),
    },
    code,
  );
}

function statusOf(body: string): Partial<Status> | undefined {
  if (!body.startsWith("{")) return undefined;
  try {
    const parsed = JSON.parse(body) as Partial<Status>;
    return parsed.kind === "Status" ? parsed : undefined;
  } catch {
    return undefined;
  }
}
