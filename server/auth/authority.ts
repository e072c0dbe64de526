import { hash, timingSafeEqual } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { HttpLog } from "../http/context.ts";
import { FULL, identityOfToken, TOKEN_USER, type Identity } from "./identity.ts";
import { isExpired, isLabel, nameIn, type ScopedToken, type TokenDirectory } from "./tokens/index.ts";

export interface AuthorityOptions {
  /** The token that is good for everything. */
  token: string;
  /** Without it there is no other. */
  tokens?: TokenDirectory | undefined;
  log: Pick<HttpLog, "warn">;
  /** How often it is asked whether tokens that are held are still good. */
  checkIntervalMs?: number;
}

/** Knows who has which token. */
export interface Authority {
  /** Who has this token; undefined if nobody has. */
  authenticate(token: string | undefined): Identity | undefined;
  /** The user of this name; undefined if it is not known. */
  find(user: string): Identity | undefined;
  /**
   * Calls `end` when the token of an identity is no longer good: deleted, expired, or another one.
   *
   * @returns Ends the waiting.
   */
  hold(identity: Identity, end: () => void): () => void;
}

const CHECK_INTERVAL_MS = 2_000;
const MAX_TOLD = 100;

export const createAuthority = (options: AuthorityOptions): Authority => new TokenAuthority(options);

interface Hold {
  readonly identity: Identity;
  readonly end: () => void;
}

class TokenAuthority implements Authority {
  readonly #digest: Buffer;
  readonly #options: AuthorityOptions;
  readonly #holds = new Set<Hold>();
  /** What the log has heard of, by the names of tokens. */
  readonly #told = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AuthorityOptions) {
    this.#options = options;
    this.#digest = digestOf(options.token);
    this.#tellAll();
  }

  authenticate(given: string | undefined): Identity | undefined {
    if (given === undefined) return undefined;
    const digest = digestOf(given);
    // Digests have one length, so that comparing them tells nothing about the token.
    if (timingSafeEqual(digest, this.#digest)) return FULL;
    const name = nameIn(given);
    const token = name === undefined ? undefined : this.#good(name);
    if (!token || !timingSafeEqual(digest, Buffer.from(token.sha256, "hex"))) return undefined;
    return identityOfToken(token);
  }

  find(user: string): Identity | undefined {
    if (user === FULL.name) return FULL;
    const name = user.startsWith(TOKEN_USER) ? user.slice(TOKEN_USER.length) : "";
    const token = isLabel(name) ? this.#good(name) : undefined;
    return token && identityOfToken(token);
  }

  hold(identity: Identity, end: () => void): () => void {
    // The full token lasts as long as the server.
    if (identity === FULL) return () => undefined;
    const hold = { identity, end };
    this.#holds.add(hold);
    this.#timer ??= setInterval(
      () => this.#check(),
      this.#options.checkIntervalMs ?? CHECK_INTERVAL_MS,
    ).unref();
    return () => this.#release(hold);
  }

  #release(hold: Hold): void {
    this.#holds.delete(hold);
    if (this.#holds.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One look for each user, however many streams it has. */
  #check(): void {
    const known = new Map<string, Identity | undefined>();
    for (const hold of this.#holds) {
      const { name } = hold.identity;
      if (!known.has(name)) known.set(name, this.find(name));
      if (isDeepStrictEqual(known.get(name), hold.identity)) continue;
      this.#release(hold);
      hold.end();
    }
  }

  /** The token of this name, unless it has expired or its file is of no use. */
  #good(name: string): ScopedToken | undefined {
    const found = this.#options.tokens?.find(name);
    if (found && "problem" in found) this.#tell(found);
    else this.#told.delete(name);
    return found && "token" in found && !isExpired(found.token) ? found.token : undefined;
  }

  #tellAll(): void {
    const { tokens, log } = this.#options;
    try {
      for (const found of tokens?.list() ?? []) if ("problem" in found) this.#tell(found);
    } catch (error) {
      log.warn({ err: error, directory: tokens?.path }, "the tokens cannot be listed");
    }
  }

  /** Once, however often somebody asks. */
  #tell({ name, file, problem }: { name: string; file: string; problem: string }): void {
    if (this.#told.get(name) === problem) return;
    if (this.#told.size >= MAX_TOLD) this.#told.clear();
    this.#told.set(name, problem);
    this.#options.log.warn({ file, problem }, "the file of a token is damaged; its token is refused");
  }
}

const digestOf = (token: string): Buffer => hash("sha256", token, "buffer");
