import { type CfConfig, readConfig, stampOf } from "./config.ts";
import { AuthError, PlatformError } from "./errors.ts";
import type { Http, HttpRequest } from "./http.ts";

/** A token that ends sooner is renewed first, as cf does it. */
const MARGIN_MS = 60_000;

interface Session {
  readonly config: CfConfig;
  accessToken: string;
  refreshToken: string;
}

/**
 * The tokens of whoever is logged in with cf. Renewed ones are kept here alone: cf writes its file as a whole, and would
 * lose what somebody else has put there.
 */
export class Tokens {
  readonly #file: string;
  readonly #http: (config: CfConfig) => Http;
  #session: Session | undefined;
  #stamp = "";
  #renewal: Promise<void> | undefined;

  constructor(file: string, http: (config: CfConfig) => Http) {
    this.#file = file;
    this.#http = http;
  }

  /** Who is logged in where, as the file says now. @throws AuthError */
  async config(): Promise<CfConfig> {
    return (await this.#current()).config;
  }

  /**
   * The value of an Authorization header.
   *
   * @param refused - One that was refused just now: it is renewed whatever it says of itself.
   * @throws AuthError if it cannot be renewed: then only a login helps.
   */
  async authorization(refused?: string): Promise<string> {
    const session = await this.#current();
    const isStale = session.accessToken === refused || endsAt(session.accessToken) - Date.now() < MARGIN_MS;
    if (isStale) await (this.#renewal ??= this.#renew(session).finally(() => (this.#renewal = undefined)));
    return session.accessToken;
  }

  /** A login, or a choice of another target, counts at once. */
  async #current(): Promise<Session> {
    const stamp = await stampOf(this.#file);
    if (this.#session && stamp === this.#stamp) return this.#session;
    const config = await readConfig(this.#file);
    // Others have asked at the same time; there is one session for all.
    if (this.#session && stamp === this.#stamp) return this.#session;
    this.#stamp = stamp;
    const { accessToken, refreshToken } = config;
    return (this.#session = { config, accessToken, refreshToken });
  }

  async #renew(session: Session): Promise<void> {
    const { config, refreshToken } = session;
    const { status, body } = await this.#http(config).send(`${config.authorizationEndpoint}/oauth/token`, {
      method: "POST",
      ...grantOf(config, refreshToken),
    });
    if (status === 400 || status === 401) throw expired();
    if (status !== 200)
      throw new PlatformError(status, "", `the token cannot be renewed: the UAA answers ${status}`);
    const answer = JSON.parse(body) as { access_token: string; refresh_token?: string; token_type?: string };
    session.accessToken = `${answer.token_type ?? "bearer"} ${answer.access_token}`;
    session.refreshToken = answer.refresh_token ?? refreshToken;
  }
}

/** Only a login helps. */
export const expired = (): AuthError =>
  new AuthError(
    "TokenExpired",
    "the login has expired; log in again with: cf login (the sync then goes on by itself)",
  );

const FORM = "application/x-www-form-urlencoded";

function grantOf(
  { client, grantType }: CfConfig,
  refreshToken: string,
): Pick<HttpRequest, "headers" | "body"> {
  if (grantType === "client_credentials") {
    const form = { grant_type: grantType, client_id: client.id, client_secret: client.secret };
    return { headers: { "content-type": FORM }, body: new URLSearchParams(form).toString() };
  }
  const basic = Buffer.from(`${client.id}:${client.secret}`).toString("base64");
  return {
    headers: { "content-type": FORM, authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken }).toString(),
  };
}

/** When a token ends, in milliseconds since 1970; 0 if it does not say. */
function endsAt(authorization: string): number {
  try {
    const [, claims = ""] = authorization.replace(/^\S+ /, "").split(".");
    const { exp } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { exp?: number };
    return (exp ?? 0) * 1000;
  } catch {
    return 0;
  }
}
