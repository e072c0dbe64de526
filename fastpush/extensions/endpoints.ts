import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Refused } from "../../apis/fastpush.ts";
import { type Exchange, sendJson, sendRefusal } from "../http/answer.ts";
import { bodyOf, IDLE_MS, TooLargeError } from "../http/body.ts";
import type { Lock } from "../lock.ts";
import type { Output } from "../child/output.ts";
import { BadSetError } from "../set/operations.ts";
import type { SetState } from "../set/state.ts";
import { BadRequestError, commitRequestOf, restartRequestOf } from "./commit-request.ts";
import type { FullListing } from "./listing.ts";
import { ConflictError, type Sets } from "./sets.ts";

export interface ExtensionOptions {
  readonly sets: Sets;
  readonly listing: FullListing;
  readonly state: SetState;
  readonly output: Output;
  readonly lock: Lock;
  readonly maxBodyBytes: number;
}

const REVISION = /^[ -~]{1,200}$/;
/** Whoever reads the output more slowly than the app writes it is let go. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const HEARTBEAT_MS = 20_000;

/** The endpoints below the path of the extensions. */
export class ExtensionEndpoints {
  readonly #options: ExtensionOptions;

  constructor(options: ExtensionOptions) {
    this.#options = options;
  }

  /** @param path - What follows the path of the extensions, decoded. */
  async handle(path: string, exchange: Exchange): Promise<void> {
    try {
      await this.#route(path, exchange);
    } catch (error) {
      const [status, refused] = refusalOf(error);
      sendRefusal(exchange.response, status, refused);
    }
  }

  async #route(path: string, exchange: Exchange): Promise<void> {
    const { method } = exchange.request;
    const [, revision, verb] = /^\/sets\/([^/]+)(\/commit)?$/.exec(path) ?? [];
    const routes: Record<string, (() => Promise<void>) | undefined> = {
      "GET /status": () => this.#status(exchange),
      "GET /files": () => this.#list(exchange),
      "GET /watch": async () => watch(exchange),
      "GET /output": () => this.#follow(exchange),
      "POST /restart": () => this.#restart(exchange),
      ...(revision && !verb && { [`PUT ${path}`]: () => this.#receive(revision, exchange) }),
      ...(revision && verb && { [`POST ${path}`]: () => this.#commit(revision, exchange) }),
    };
    const route = routes[`${method} ${path}`];
    if (route) return route();
    const isKnown = Object.keys(routes).some((known) => known.endsWith(` ${path}`));
    if (isKnown) throw new WrongMethodError(`${method} is not what ${path} takes`);
    throw new NotFoundError(`there is no ${path} here`);
  }

  async #status({ response }: Exchange): Promise<void> {
    answer(response, await this.#options.sets.status());
  }

  async #list({ request, response }: Exchange): Promise<void> {
    const { listing, lock, state } = this.#options;
    await lock.run(async () => {
      const lines = Readable.from(listing.lines(state.tracked));
      const isPacked = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
      response.setHeader("content-type", "application/x-ndjson");
      if (isPacked) response.setHeader("content-encoding", "gzip");
      response.setTimeout(IDLE_MS, () => response.destroy());
      // A client that has gone is no error of ours.
      await pipeline(isPacked ? [lines, createGzip(), response] : [lines, response]).catch(() => undefined);
    });
  }

  /** What the app has written last, then what it writes. */
  async #follow({ request, response }: Exchange): Promise<void> {
    const { output } = this.#options;
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
    response.write(output.kept());
    if (!/[?&]follow=true\b/.test(request.url ?? "")) return void response.end();
    const end = output.follow((bytes) => {
      response.write(bytes);
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
    });
    response.once("close", end);
  }

  async #restart({ request, response }: Exchange): Promise<void> {
    const restart = restartRequestOf(await bodyOf(request, this.#options.maxBodyBytes));
    answer(response, await this.#options.sets.restart(restart));
  }

  async #receive(revision: string, { request, response }: Exchange): Promise<void> {
    checkRevision(revision);
    request.setTimeout(IDLE_MS, () => request.destroy(new Error("the client sends no more")));
    const { commit } = await this.#options.sets.receive(revision, request);
    request.setTimeout(0);
    if (!commit) return answer(response, { revision });
    answer(response, await this.#options.sets.commit(revision, commitRequestOf(commit)));
  }

  async #commit(revision: string, { request, response }: Exchange): Promise<void> {
    checkRevision(revision);
    const body = commitRequestOf(await bodyOf(request, this.#options.maxBodyBytes));
    answer(response, await this.#options.sets.commit(revision, body));
  }
}

/** Lasts as long as this: whoever listens knows at once when it ends. */
function watch({ response }: Exchange): void {
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
  response.write("\n");
  const timer = setInterval(() => response.write("\n"), HEARTBEAT_MS);
  response.once("close", () => clearInterval(timer));
}

class WrongMethodError extends Error {}
class NotFoundError extends Error {}

const answer = (response: Exchange["response"], value: object): void =>
  sendJson(response, `${JSON.stringify(value)}\n`);

function checkRevision(revision: string): void {
  if (!REVISION.test(revision))
    throw new BadRequestError("a revision has 1 to 200 ASCII characters, none of them for control");
}

/** Full disks, and the quotas of accounts. */
const FULL = new Set(["ENOSPC", "EDQUOT"]);

function refusalOf(error: unknown): [status: number, Refused] {
  const { message } = error as Error;
  if (error instanceof BadRequestError) return [400, { reason: "BadRequest", message }];
  if (error instanceof BadSetError) return [400, { reason: "BadSet", message }];
  if (error instanceof ConflictError) return [409, { reason: "Conflict", message }];
  if (error instanceof TooLargeError) return [413, { reason: "TooLarge", message }];
  if (error instanceof NotFoundError) return [404, { reason: "NotFound", message }];
  if (error instanceof WrongMethodError) return [405, { reason: "MethodNotAllowed", message }];
  if (FULL.has((error as NodeJS.ErrnoException).code ?? ""))
    return [
      507,
      {
        reason: "DiskFull",
        message: "no space is left in the container; make the app smaller, or its quota larger",
      },
    ];
  return [500, { reason: "Failed", message }];
}
