import { EXTENSIONS_PATH, TOKEN_HEADER } from "../../../../apis/fastpush.ts";
import { ConnectError, type InstanceRef } from "../transport.ts";
import { type Ask, codeOf, type FastPushHttp, type Reply } from "./http.ts";

/** Sends a request to one of several instances. */
const INSTANCE_HEADER = "x-cf-app-instance";
/** The router answers itself, for there is nobody to send the request to. */
const ROUTER_HEADER = "x-cf-routererror";

export interface EndpointOptions {
  readonly http: FastPushHttp;
  /** Of the endpoints. */
  readonly address: string;
  /** Never part of a message. */
  readonly token: string;
  readonly instance: InstanceRef;
}

/** The controller of one instance. Requests to it follow each other: one that overlaps another ends the original. */
export class Endpoint {
  readonly #options: EndpointOptions;
  #turn: Promise<unknown> = Promise.resolve();
  #bytesSent = 0;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /** Bytes of bodies. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  get address(): string {
    return this.#options.address;
  }

  /** @param path - Below the base path. @throws what the network says. */
  ask(path: string, ask: Partial<Ask> = {}): Promise<Reply> {
    const turn = this.#turn.then(() => this.#options.http.ask(this.address + path, this.#complete(ask)));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** As {@link ask}, below the path of the extensions, which wait for each other by themselves. */
  extended(path: string, ask: Partial<Ask> = {}): Promise<Reply> {
    return this.#options.http.ask(this.address + EXTENSIONS_PATH + path, this.#complete(ask));
  }

  /** A request that lasts as long as the connection. */
  watch(signal: AbortSignal) {
    return this.#options.http.open(`${this.address}${EXTENSIONS_PATH}/watch`, this.#complete({ signal }));
  }

  #complete({ method = "GET", headers, body, ...rest }: Partial<Ask>): Ask {
    const { token, instance } = this.#options;
    const pin = `${instance.appGuid}:${instance.index}`;
    const all = {
      [TOKEN_HEADER]: token,
      [INSTANCE_HEADER]: pin,
      "content-type": "application/json",
      ...headers,
    };
    return { method, headers: all, ...(body && { body: () => this.#counted(body()) }), ...rest };
  }

  async *#counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const bytes of body) {
      this.#bytesSent += bytes.length;
      yield bytes;
    }
  }
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ISSUER|HOSTNAME_MISMATCH|ALTNAME/;

/** What an error of the network means for whoever wants to connect. */
export function networkRefusal(error: unknown, address: string): ConnectError {
  const code = codeOf(error);
  const what = error instanceof Error ? error.message : String(error);
  if (CERTIFICATE.test(code))
    return new ConnectError(
      "CertificateRefused",
      `the certificate of ${address} cannot be verified (${code}); name its authority in spec.fastPush.caFile (--ca-file), ` +
        "or set skipVerify (--skip-verify)",
      { cause: error },
    );
  return new ConnectError("Unreachable", `${address} cannot be reached: ${what}`, { cause: error });
}

/** Why an answer to a question for the status shows that nothing can be synced; undefined if it does not. */
export function refusalIn({ status, headers, body }: Reply, address: string): ConnectError | undefined {
  const text = body.toString("utf8");
  if (headers[ROUTER_HEADER] || status >= 500)
    return new ConnectError(
      "Unreachable",
      `${address} answers ${status}: the instance is not there, or not up yet`,
    );
  if (status === 401 && text === "Invalid authentication token\n")
    return new ConnectError(
      "Unauthorized",
      `the fast-push controller at ${address} refuses the token; give the one that it was started with ` +
        "(FASTPUSH_TOKEN there) in the variable that spec.fastPush.tokenEnv (--token-env) names",
    );
  if (status === 200 && healthIn(text) !== undefined) return undefined;
  const type = (headers["content-type"] ?? "nothing").replace(/;.*/, "");
  return new ConnectError(
    "NotSupported",
    `no fast-push controller answers at ${address} (status ${status}, ${type}); start the app with: ` +
      "tiltish fastpush-controller -- COMMAND",
  );
}

/** What the original says of how it went; undefined if this is none of its answers. */
export function healthIn(text: string): string | undefined {
  try {
    const { Health } = JSON.parse(text) as { Health?: unknown };
    return typeof Health === "string" ? Health : undefined;
  } catch {
    return undefined;
  }
}
