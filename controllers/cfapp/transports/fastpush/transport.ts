import { readFile } from "node:fs/promises";
import { EXTENSIONS_HEADER, type InstanceStatus, speaksExtensions } from "../../../../apis/fastpush.ts";
import { ConnectError, type InstanceRef, type Link, type Transport } from "../transport.ts";
import { Endpoint, healthIn, networkRefusal, refusalIn } from "./endpoint.ts";
import { ExtendedLink, instanceStatus } from "./extended/link.ts";
import { FastPushHttp, type Reply } from "./http.ts";
import { SeedLink } from "./seed/link.ts";

export interface FastPushOptions {
  /** Address of the app: `https://` and a route. */
  readonly url: string;
  readonly basePath: string;
  /** Environment variable with the secret; without one, the guid of the app is the token. */
  readonly tokenEnv?: string | undefined;
  /** Certificates to trust, in PEM. */
  readonly caFile?: string | undefined;
  readonly skipVerify: boolean;
  readonly extensions: "Auto" | "Off";
  /** Where the token is looked for. Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** What a controller says of itself and of the app behind it. */
export interface AppStatus {
  readonly health: string;
  /** Undefined of one that speaks the original protocol alone. */
  readonly instance: InstanceStatus | undefined;
}

const CONNECT_MS = 30_000;

/** Files go over HTTP, to a fast-push controller that runs before the app: ours, or the original. */
export class FastPushTransport implements Transport {
  readonly name = "FastPush";
  readonly #options: FastPushOptions;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #links = new Set<Link>();
  #http: Promise<FastPushHttp> | undefined;

  constructor(options: FastPushOptions) {
    this.#options = options;
  }

  async connect(instance: InstanceRef, signal?: AbortSignal): Promise<Link> {
    const endpoint = await this.#endpointOf(instance);
    const reply = await statusOf(endpoint, signal);
    const link = this.#isExtended(reply) ? await ExtendedLink.open(endpoint, signal) : new SeedLink(endpoint);
    this.#links.add(link);
    void link.closed.then(() => this.#links.delete(link));
    return link;
  }

  /** @throws ConnectError */
  async status(instance: InstanceRef, signal?: AbortSignal): Promise<AppStatus> {
    const endpoint = await this.#endpointOf(instance);
    const reply = await statusOf(endpoint, signal);
    const health = healthIn(reply.body.toString("utf8")) ?? "";
    return { health, instance: this.#isExtended(reply) ? await instanceStatus(endpoint, signal) : undefined };
  }

  close(): void {
    for (const link of this.#links) link.close();
    this.#endpoints.clear();
    const http = this.#http;
    this.#http = undefined;
    void http?.then((open) => open.close()).catch(() => undefined);
  }

  #isExtended({ headers }: Reply): boolean {
    const extensions = headers[EXTENSIONS_HEADER];
    const isOurs = speaksExtensions(typeof extensions === "string" ? extensions : undefined);
    return isOurs && this.#options.extensions === "Auto";
  }

  /** One for all links to an instance, for their requests may not overlap. */
  async #endpointOf(instance: InstanceRef): Promise<Endpoint> {
    const key = `${instance.appGuid}:${instance.index}`;
    const { url, basePath } = this.#options;
    const token = this.#tokenFor(instance);
    const http = await (this.#http ??= this.#open());
    const known = this.#endpoints.get(key);
    if (known) return known;
    const address = url.replace(/\/+$/, "") + basePath.replace(/\/+$/, "");
    const endpoint = new Endpoint({ http, address, token, instance });
    this.#endpoints.set(key, endpoint);
    return endpoint;
  }

  #tokenFor({ appGuid }: InstanceRef): string {
    const { tokenEnv, env = process.env } = this.#options;
    if (!tokenEnv) return appGuid;
    const token = env[tokenEnv];
    if (token) return token;
    throw new ConnectError(
      "Unauthorized",
      `the environment variable ${tokenEnv} holds no token; start tiltish with it, or name another in spec.fastPush.tokenEnv`,
    );
  }

  async #open(): Promise<FastPushHttp> {
    const { caFile, skipVerify } = this.#options;
    try {
      return new FastPushHttp({ skipVerify, ca: caFile && (await readFile(caFile, "utf8")) });
    } catch (error) {
      // It may be there the next time.
      this.#http = undefined;
      const message = `${caFile} (spec.fastPush.caFile) cannot be read: ${(error as Error).message}`;
      throw new ConnectError("CertificateRefused", message, { cause: error });
    }
  }
}

async function statusOf(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<Reply> {
  const timeout = AbortSignal.timeout(CONNECT_MS);
  const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
  let reply: Reply;
  try {
    reply = await endpoint.ask("/status", { signal: stop });
  } catch (error) {
    signal?.throwIfAborted();
    if (!timeout.aborted) throw networkRefusal(error, endpoint.address);
    const message = `${endpoint.address} does not answer in ${CONNECT_MS / 1000} s`;
    throw new ConnectError("Unreachable", message, { cause: error });
  }
  const refusal = refusalIn(reply, endpoint.address);
  if (refusal) throw refusal;
  return reply;
}
