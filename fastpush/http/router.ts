import type { IncomingMessage } from "node:http";
import { EXTENSIONS, EXTENSIONS_HEADER, EXTENSIONS_PATH, TOKEN_HEADER } from "../../apis/fastpush.ts";
import type { ExtensionEndpoints } from "../extensions/endpoints.ts";
import type { Lock } from "../lock.ts";
import { isTooLarge, type SeedEndpoints } from "../seed/endpoints.ts";
import type { TokenCheck } from "../token.ts";
import { type Exchange, sendText } from "./answer.ts";
import { letGo } from "./body.ts";
import { cleaned, pathOf, queryOf } from "./paths.ts";

export interface RouterOptions {
  readonly basePath: string;
  readonly isToken: TokenCheck;
  readonly seed: SeedEndpoints;
  readonly extensions: ExtensionEndpoints;
  readonly lock: Lock;
  readonly log: (line: string) => void;
}

type Work = (exchange: Exchange) => Promise<void>;

/** Methods of the endpoints of the original, by path below the base path. */
type Endpoints = Readonly<Record<string, Readonly<Record<string, Work>>>>;

/** Tells requests for the controller from those for the app, and answers the first. */
export class Router {
  readonly #options: RouterOptions;
  readonly #endpoints: Endpoints;

  constructor(options: RouterOptions) {
    this.#options = options;
    const { seed, lock } = options;
    const inTurn = (work: Work) => (exchange: Exchange) => lock.run(() => work(exchange));
    this.#endpoints = {
      "/files": {
        GET: inTurn((exchange) => seed.list(exchange)),
        PUT: inTurn((exchange) => seed.upload(exchange)),
      },
      "/restart": { POST: inTurn((exchange) => seed.restart(exchange)) },
      "/status": { GET: async (exchange) => seed.status(exchange) },
    };
  }

  /** Whether a request is for the controller. */
  isOurs({ url = "" }: IncomingMessage): boolean {
    const path = pathOf(url);
    return path !== undefined && this.#below(cleaned(path)) !== undefined;
  }

  /** Answers a request that is ours. Never throws. */
  async answer(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    response.once("finish", () => letGo(request));
    try {
      await this.#answer(exchange);
    } catch (error) {
      if (isTooLarge(error)) sendText(response, 413, `${error.message}\n`);
      else if (request.destroyed && !request.complete) response.destroy();
      else {
        this.#options.log(`${request.method} ${pathOf(request.url ?? "")}: ${(error as Error).message}`);
        sendText(response, 500, `${(error as Error).message}\n`);
      }
    }
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const url = request.url ?? "";
    const path = pathOf(url)!;
    const clean = cleaned(path);
    if (clean !== path) return redirect(exchange, encodeURI(clean) + queryOf(url));
    response.setHeader(EXTENSIONS_HEADER, EXTENSIONS);
    if (!this.#options.isToken(tokenOf(request)))
      return sendText(response, 401, "Invalid authentication token\n");
    const below = this.#below(path)!;
    const methods = this.#endpoints[below];
    if (!methods) return this.#options.extensions.handle(below.slice(EXTENSIONS_PATH.length), exchange);
    const work = methods[request.method ?? ""];
    if (work) return work(exchange);
    sendText(response, 405, "Invalid request method.\n");
  }

  /** What follows the base path, of paths that are ours: the original's are exact. */
  #below(path: string): string | undefined {
    const { basePath } = this.#options;
    if (!path.startsWith(basePath)) return undefined;
    const below = path.slice(basePath.length);
    return Object.hasOwn(this.#endpoints, below) || below.startsWith(`${EXTENSIONS_PATH}/`)
      ? below
      : undefined;
  }
}

function redirect({ request, response }: Exchange, location: string): void {
  const isShown = request.method === "GET" || request.method === "HEAD";
  const body = isShown ? `<a href="${escaped(location)}">Moved Permanently</a>.\n\n` : "";
  const type = isShown ? { "content-type": "text/html; charset=utf-8" } : {};
  response.writeHead(301, { ...type, location, "content-length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

function tokenOf({ headers }: IncomingMessage): string | undefined {
  const token = headers[TOKEN_HEADER];
  return Array.isArray(token) ? token[0] : token;
}
