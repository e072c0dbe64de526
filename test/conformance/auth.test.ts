import { connect as connectTls } from "node:tls";
import { text } from "node:stream/consumers";
import { describe, expect } from "vitest";
import type { Access } from "./client.ts";
import { readOnlyToken, rule } from "./suite.ts";
import { GROUP } from "./widgets.ts";

const ONLY_TILTISH = { onlyTiltish: true };
const WITH_READER = { onlyTiltish: true, withReader: true };
const NAMESPACES = "/api/v1/namespaces";

/** Sends text as it is, and gives what comes back until the connection ends. */
async function exchange({ url, ca, insecure }: Access, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connectTls({ host: hostname, port: Number(port), ca, rejectUnauthorized: !insecure });
  socket.write(request);
  return text(socket);
}

describe("tokens", () => {
  rule(112, "a wrong one is 401 with a Status", async ({ api }) => {
    for (const authorization of ["Bearer wrong", "Bearer a.b.c", `Bearer ${"x".repeat(64)}`]) {
      expect(await api.ask(NAMESPACES, { headers: { authorization } })).toMatchObject({
        status: 401,
        json: {
          kind: "Status",
          status: "Failure",
          message: "Unauthorized",
          reason: "Unauthorized",
          code: 401,
        },
      });
    }
  });

  rule(112, "who has none is turned away", async ({ api }) => {
    const { status, json } = await api.ask(NAMESPACES, { headers: { authorization: undefined } });
    expect([status, json.reason]).toEqual(status === 401 ? [401, "Unauthorized"] : [403, "Forbidden"]);
  });

  rule(112, "health and the version may be asked for without", async ({ api }) => {
    for (const path of ["/healthz", "/livez", "/readyz", "/version"]) {
      expect([path, (await api.ask(path, { headers: { authorization: undefined } })).status]).toEqual([
        path,
        200,
      ]);
    }
  });

  rule(112, "it is looked at before the Accept and before the body", async ({ api, configMaps }) => {
    const headers = { authorization: "Bearer wrong", accept: "image/png", "content-type": "text/plain" };
    const asked = { method: "POST", body: "x".repeat(4_000_000), headers };
    // A server that does not read the body of a stranger may hang up while it is being sent.
    const answer = await api.ask(configMaps.url(), asked).catch((error: NodeJS.ErrnoException) => error.code);
    if (typeof answer === "object") expect(answer.status).toBe(401);
    else expect(["EPIPE", "ECONNRESET"]).toContain(answer);
    expect(await api.ask(configMaps.url(), { headers })).toMatchObject({ status: 401 });
  });

  rule(112, "a stranger does not learn which paths there are", async ({ api }) => {
    const headers = { authorization: "Bearer wrong" };
    for (const path of ["/nope", "/apis/nope.example.com/v1/things", `${NAMESPACES}/x/nope`]) {
      expect([path, (await api.ask(path, { headers })).status]).toEqual([path, 401]);
    }
  });

  rule(
    112,
    "the stranger who asks before sending a body is told no before it is sent",
    async ({ api, configMaps }) => {
      const request = [
        `POST ${configMaps.url()} HTTP/1.1`,
        `Host: ${new URL(api.access.url).host}`,
        "Authorization: Bearer wrong",
        "Expect: 100-continue",
        "Content-Length: 9",
        "Connection: close",
      ];
      const answer = await exchange(api.access, `${request.join("\r\n")}\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 401/);
      expect(answer).not.toContain("100 Continue");
    },
    ONLY_TILTISH,
  );
});

describe("what is forbidden", () => {
  rule(
    113,
    "one who may only read may read, and watch",
    async ({ api, widgets, configMaps }) => {
      const headers = { authorization: `Bearer ${readOnlyToken()}` };
      await widgets.make("a");
      expect(await api.ask(widgets.url("a"), { headers })).toMatchObject({ status: 200 });
      expect(await api.ask(configMaps.url(), { headers })).toMatchObject({ status: 200 });
      const watch = await widgets.watch({}, { headers });
      expect(await watch.first(1)).toMatchObject([{ type: "ADDED" }]);
    },
    WITH_READER,
  );

  rule(
    113,
    "the message says who may not do what, where",
    async ({ api, widgets, configMaps, namespace }) => {
      const headers = { authorization: `Bearer ${readOnlyToken()}` };
      const { json } = await api.ask("/apis/authentication.k8s.io/v1/selfsubjectreviews", {
        method: "POST",
        headers,
        body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
      });
      const user = json.status.userInfo.username as string;
      const within = `in the namespace "${namespace}"`;
      for (const [method, path, message, details] of [
        [
          "DELETE",
          widgets.url("a"),
          `widgets.${GROUP} "a" is forbidden: User "${user}" cannot delete resource "widgets" in API group "${GROUP}" ${within}`,
          { name: "a", group: GROUP, kind: "widgets" },
        ],
        [
          "POST",
          configMaps.url(),
          `configmaps is forbidden: User "${user}" cannot create resource "configmaps" in API group "" ${within}`,
          { kind: "configmaps" },
        ],
        [
          "PATCH",
          widgets.url("a/status"),
          `widgets.${GROUP} "a" is forbidden: User "${user}" cannot patch resource "widgets/status" in API group "${GROUP}" ${within}`,
          { name: "a", group: GROUP, kind: "widgets" },
        ],
        [
          "POST",
          NAMESPACES,
          `namespaces is forbidden: User "${user}" cannot create resource "namespaces" in API group "" at the cluster scope`,
          { kind: "namespaces" },
        ],
      ] as const) {
        const answer = await api.ask(path, { method, headers });
        expect([path, answer.status, answer.json.reason]).toEqual([path, 403, "Forbidden"]);
        expect(answer.json.message).toBe(message);
        expect(answer.json.details).toEqual(details);
      }
    },
    WITH_READER,
  );

  rule(
    113,
    "it is said before a body is read, and before what it says is looked at",
    async ({ api, widgets }) => {
      const headers = { authorization: `Bearer ${readOnlyToken()}`, accept: "image/png" };
      const asked = { method: "POST", headers, body: "{" };
      expect(await api.ask(widgets.url(), asked)).toMatchObject({
        status: 403,
        json: { reason: "Forbidden" },
      });
    },
    WITH_READER,
  );

  rule(
    113,
    "reviews tell the truth about it",
    async ({ api }) => {
      const ask = async (verb: string, token?: string) => {
        const spec = {
          resourceAttributes: { verb, group: GROUP, resource: "widgets", namespace: "default" },
        };
        const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec };
        const headers = token ? { authorization: `Bearer ${token}` } : {};
        const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        return (await api.ask(path, { method: "POST", body, headers })).json.status.allowed as boolean;
      };
      expect(await ask("delete")).toBe(true);
      expect(await ask("delete", readOnlyToken())).toBe(false);
      expect(await ask("watch", readOnlyToken())).toBe(true);
    },
    WITH_READER,
  );

  rule(
    113,
    "who would be somebody else is, or is refused, but never answered as oneself",
    async ({ api }) => {
      const headers = { "impersonate-user": "conformance-nobody" };
      const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
      const { status, json } = await api.ask(path, { method: "POST", headers, body });
      if (status === 201) expect(json.status.userInfo.username).toBe("conformance-nobody");
      else expect([status, json.reason]).toEqual([403, "Forbidden"]);
      for (const name of ["impersonate-group", "impersonate-uid", "impersonate-extra-scopes"]) {
        const answer = await api.ask(NAMESPACES, { headers: { [name]: "x" } });
        expect([name, answer.status >= 400 && answer.status !== 401]).toEqual([name, true]);
      }
    },
  );
});

describe("other web pages", () => {
  rule(
    114,
    "a Host that is not this server is refused",
    async ({ api }) => {
      const { host: own, port } = new URL(api.access.url);
      const statusFor = async (host: string) => (await api.ask("/api", { headers: { host } })).status;
      for (const host of [
        "evil.example",
        `evil.example:${port}`,
        "localhost",
        "127.0.0.1:1",
        "169.254.169.254",
      ]) {
        expect([host, await statusFor(host)]).toEqual([host, 403]);
      }
      for (const host of [own, `localhost:${port}`, `[::1]:${port}`]) {
        expect([host, await statusFor(host)]).toEqual([host, 200]);
      }
    },
    ONLY_TILTISH,
  );

  rule(
    114,
    "a page of another origin is refused, token or not",
    async ({ api }) => {
      for (const origin of [
        "https://evil.example",
        "null",
        "http://localhost:3000",
        "https://sub.localhost",
      ]) {
        for (const path of ["/api", "/healthz", "/version"]) {
          const { status, headers } = await api.ask(path, { headers: { origin } });
          expect([origin, path, status]).toEqual([origin, path, 403]);
          expect(headers).not.toHaveProperty("access-control-allow-origin");
        }
      }
    },
    ONLY_TILTISH,
  );

  rule(
    114,
    "so is what a browser says to come from another site",
    async ({ api }) => {
      for (const site of ["cross-site", "same-site"]) {
        expect([site, (await api.ask("/api", { headers: { "sec-fetch-site": site } })).status]).toEqual([
          site,
          403,
        ]);
      }
    },
    ONLY_TILTISH,
  );

  rule(
    114,
    "a WebSocket of another page is refused",
    async ({ api, widgets }) => {
      const headers = {
        origin: "https://evil.example",
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.alloc(16).toString("base64"),
      };
      expect(await api.ask(widgets.url("", { watch: true }), { headers })).toMatchObject({ status: 403 });
    },
    ONLY_TILTISH,
  );
});
