import type { FastifyInstance } from "fastify";
import type { Platform } from "../platform.ts";

export interface Addresses {
  /** Of the API, the UAA and the logs. */
  readonly url: string;
  /** Host and port of the ssh proxy. */
  readonly ssh: string;
  readonly fingerprint: string;
}

const VERSION = "3.180.0";

/** What anybody may know: where things are. */
export function rootRoutes(app: FastifyInstance, addresses: () => Addresses): void {
  const root = () => {
    const { url, ssh, fingerprint } = addresses();
    const meta = { version: VERSION };
    return {
      links: {
        self: { href: url },
        cloud_controller_v2: null,
        cloud_controller_v3: { href: `${url}/v3`, meta },
        login: { href: url },
        uaa: { href: url },
        routing: null,
        network_policy_v0: null,
        network_policy_v1: null,
        logging: null,
        log_cache: { href: url },
        log_stream: null,
        app_ssh: { href: ssh, meta: { host_key_fingerprint: fingerprint, oauth_client: "ssh-proxy" } },
      },
    };
  };
  app.get("/", root);
  app.get("/v3", () => ({ links: { self: { href: `${addresses().url}/v3` } } }));
  app.get("/v3/info", () => ({
    name: "tiltish sandbox",
    version: 1,
    cli_version: { minimum: "", recommended: "" },
  }));
  app.get("/login", () => ({
    app: { version: "77.0.0" },
    prompts: { username: ["text", "Email"], password: ["password", "Password"] },
    links: { uaa: addresses().url, login: addresses().url },
  }));
}

/** Who asks for a token has to be somebody; who asks for a code has to have a token. */
export function uaaRoutes(app: FastifyInstance, { uaa }: Platform): void {
  app.post("/oauth/token", (request, reply) => {
    const grant = uaa.grant(
      new URLSearchParams(typeof request.body === "string" ? request.body : ""),
      clientOf(request.headers.authorization),
    );
    if (grant) return grant;
    const problem = {
      error: "invalid_token",
      error_description: "The token expired, was revoked, or is not known",
    };
    return reply.code(401).send(problem);
  });
  app.get("/oauth/authorize", (request, reply) => {
    if (!uaa.isGood(request.headers.authorization))
      return reply
        .code(401)
        .send({ error: "unauthorized", error_description: "Full authentication is required" });
    const { client_id: client, response_type: type } = request.query as Record<string, string>;
    if (client !== "ssh-proxy" || type !== "code")
      return reply.code(400).send({ error: "invalid_client", error_description: "no such client" });
    return reply.redirect(`https://localhost/login?code=${uaa.issueCode()}`, 302);
  });
  app.get("/token_keys", () => ({ keys: [] }));
}

function clientOf(authorization = ""): string {
  const [, basic] = /^basic (\S+)$/i.exec(authorization) ?? [];
  return basic ? Buffer.from(basic, "base64").toString().replace(/:.*/s, "") : "";
}
