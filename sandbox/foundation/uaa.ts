import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { prune } from "./prune.ts";

export interface UaaOptions {
  /** How long access tokens are good. */
  readonly tokenSeconds: number;
  readonly codeSeconds: number;
  /** Passwords by name. */
  readonly users: Readonly<Record<string, string>>;
}

export interface Grant {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly token_type: "bearer";
  readonly expires_in: number;
  readonly scope: string;
  readonly jti: string;
}

/** The oldest are good no more. */
const MAX_TOKENS = 10_000;

const SCOPE = "openid cloud_controller.read cloud_controller.write";

/** Knows who is who: gives tokens and codes, takes them back, and lets none live longer than it says. */
export class Uaa {
  readonly #options: UaaOptions;
  readonly #secret = randomBytes(32);
  /** When they end, in milliseconds since 1970. */
  readonly #accessTokens = new Map<string, number>();
  readonly #refreshTokens = new Map<string, string>();
  readonly #codes = new Map<string, number>();
  codesIssued = 0;
  codesUsed = 0;

  constructor(options: UaaOptions) {
    this.#options = options;
  }

  /** @returns undefined if what is asked with is not good. */
  grant(form: URLSearchParams, client: string): Grant | undefined {
    const user = this.#userOf(form, client);
    return user === undefined ? undefined : this.issue(user, form.get("grant_type") !== "client_credentials");
  }

  issue(user: string, isRefreshable = true): Grant {
    const seconds = this.#options.tokenSeconds;
    const jti = randomUUID();
    const exp = Math.floor(Date.now() / 1000) + seconds;
    const who = { user_name: user, user_id: `${user}-id`, origin: "uaa", client_id: "cf", cid: "cf" };
    const token = this.#sign({ jti, exp, iat: exp - seconds, scope: SCOPE.split(" "), ...who });
    this.#accessTokens.set(token, Date.now() + seconds * 1000);
    prune(this.#accessTokens, MAX_TOKENS);
    prune(this.#refreshTokens, MAX_TOKENS);
    const refresh = isRefreshable ? `${randomBytes(16).toString("hex")}-r` : undefined;
    if (refresh) this.#refreshTokens.set(refresh, user);
    const more = { expires_in: seconds, scope: SCOPE, jti, token_type: "bearer" as const };
    return { access_token: token, ...(refresh && { refresh_token: refresh }), ...more };
  }

  /** Whether the value of an Authorization header is good. */
  isGood(authorization = ""): boolean {
    const token = authorization.replace(/^bearer\s+/i, "");
    const end = this.#accessTokens.get(token);
    if (end !== undefined && end <= Date.now()) this.#accessTokens.delete(token);
    return end !== undefined && end > Date.now();
  }

  /** A password for one login with ssh. */
  issueCode(): string {
    const code = randomBytes(8).toString("base64url");
    this.#codes.set(code, Date.now() + this.#options.codeSeconds * 1000);
    prune(this.#codes, MAX_TOKENS);
    this.codesIssued++;
    return code;
  }

  /** Whether a code is good; it is not, a second time. */
  redeem(code: string): boolean {
    const end = this.#codes.get(code);
    this.#codes.delete(code);
    const isGood = end !== undefined && end > Date.now();
    if (isGood) this.codesUsed++;
    return isGood;
  }

  /** Access tokens are good no more; whoever has a refresh token gets a new one. */
  expireTokens(): void {
    this.#accessTokens.clear();
  }

  /** Nothing that was given out is good any more. */
  revokeAll(): void {
    this.#accessTokens.clear();
    this.#refreshTokens.clear();
    this.#codes.clear();
  }

  #userOf(form: URLSearchParams, client: string): string | undefined {
    switch (form.get("grant_type")) {
      case "password": {
        const [name, password] = [form.get("username") ?? "", form.get("password")];
        return Object.hasOwn(this.#options.users, name) && this.#options.users[name] === password
          ? name
          : undefined;
      }
      case "refresh_token": {
        return this.#refreshTokens.get(form.get("refresh_token") ?? "");
      }
      case "client_credentials": {
        const id = form.get("client_id") ?? client;
        return this.#options.users[id] === form.get("client_secret") ? id : undefined;
      }
      default:
        return undefined;
    }
  }

  #sign(claims: object): string {
    const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
    return `${text}.${createHmac("sha256", this.#secret).update(text).digest("base64url")}`;
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
