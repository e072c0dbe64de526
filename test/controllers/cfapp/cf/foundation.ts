import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const claims = (fields: object) => Buffer.from(JSON.stringify(fields)).toString("base64url");

/** Speaks what a Cloud Controller and a UAA speak, as far as it is asked here; who is refused is refused for real. */
export class Foundation {
  readonly #server: Server;
  readonly asked: string[] = [];
  readonly #valid = new Set<string>();
  readonly #refreshTokens = new Set<string>();
  readonly #answers = new Map<string, (request: IncomingMessage) => unknown>();
  /** No access token is taken any more, whoever has given it out. */
  isRefusing = false;
  #codes = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on(
      "request",
      (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response),
    );
  }

  static async start(): Promise<Foundation> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Foundation(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What a path answers, with its query or without. */
  on(path: string, answer: (request: IncomingMessage) => unknown): void {
    this.#answers.set(path, answer);
  }

  /** An access token that is good for so long. */
  accessToken(seconds = 600): string {
    const exp = Math.floor(Date.now() / 1000) + seconds;
    const token = `head.${claims({ exp, user_name: "me", jti: randomBytes(8).toString("hex") })}.signature`;
    this.#valid.add(token);
    return `bearer ${token}`;
  }

  refreshToken(): string {
    const token = randomBytes(8).toString("hex");
    this.#refreshTokens.add(token);
    return token;
  }

  /** Nothing that was given out is good any more. */
  revoke(): void {
    this.#valid.clear();
    this.#refreshTokens.clear();
  }

  /** Only access tokens end. */
  revokeAccess(): void {
    this.#valid.clear();
  }

  async login(cfHome: string, more: object = {}): Promise<string> {
    const config = {
      ConfigVersion: 4,
      Target: this.url,
      AuthorizationEndpoint: this.url,
      UaaEndpoint: this.url,
      AccessToken: this.accessToken(),
      RefreshToken: this.refreshToken(),
      SSHOAuthClient: "ssh-proxy",
      OrganizationFields: { GUID: "org-1", Name: "dev" },
      SpaceFields: { GUID: "space-1", Name: "me" },
      ...more,
    };
    await mkdir(join(cfHome, ".cf"), { recursive: true });
    const file = join(cfHome, ".cf/config.json");
    await writeFile(file, JSON.stringify(config));
    return file;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url!;
    this.asked.push(`${request.method} ${url}`);
    const body = await text(request);
    const send = (status: number, value: unknown, headers: Record<string, string> = {}) =>
      response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(value));
    if (url === "/oauth/token") return this.#token(new URLSearchParams(body), send);
    const isFree = url === "/";
    const isValid = this.#valid.has((request.headers.authorization ?? "").replace(/^bearer /, ""));
    if (!isFree && (!isValid || this.isRefusing))
      return void send(401, {
        errors: [{ code: 1000, title: "CF-InvalidAuthToken", detail: "Invalid Auth Token" }],
      });
    if (url.startsWith("/oauth/authorize"))
      return void send(302, {}, { location: `https://login/?code=code-${++this.#codes}` });
    const answer = this.#answers.get(url) ?? this.#answers.get(url.replace(/\?.*/, ""));
    if (answer) return void send(200, answer(request));
    send(404, { errors: [{ code: 10_000, title: "CF-NotFound", detail: "Unknown request" }] });
  }

  #token(form: URLSearchParams, send: (status: number, value: unknown) => void): void {
    const isGood =
      form.get("grant_type") === "client_credentials" ||
      this.#refreshTokens.has(form.get("refresh_token") ?? "");
    if (!isGood) return send(401, { error: "invalid_token" });
    const access_token = this.accessToken().replace("bearer ", "");
    send(200, { access_token, refresh_token: form.get("refresh_token") ?? "", token_type: "bearer" });
  }
}
