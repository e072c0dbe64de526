import { Agent } from "node:https";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTls } from "node:tls";
import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { type Access, Api, type Json } from "./client.ts";
import { Collection, JSON_PATCH, MERGE } from "./collection.ts";
import { rule, server } from "./suite.ts";

const secure = ({ ca, insecure }: Access) => ({ ca, rejectUnauthorized: !insecure });
/** Above the 128 KiB from which answers are compressed. */
const LONG = "x".repeat(200_000);

describe("version and health", () => {
  rule(17, "the version is made of strings, and is a semantic one", async ({ api, task }) => {
    const { json } = await api.ask("/version");
    for (const name of [
      "major",
      "minor",
      "gitCommit",
      "gitTreeState",
      "buildDate",
      "goVersion",
      "compiler",
    ]) {
      expect([name, typeof json[name]]).toEqual([name, "string"]);
    }
    expect(json.platform).toMatch(/^\w+\/\w+$/);
    expect(json.gitVersion).toMatch(/^v\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/);
    expect(json.gitVersion).toContain(`v${json.major as string}.${(json.minor as string).replace("+", "")}.`);
    Object.assign(task.meta, { server: server().server });
  });

  rule(18, "who is well says ok, and needs no more words", async ({ api }) => {
    for (const path of ["/healthz", "/livez", "/readyz"]) {
      const answer = await api.ask(path);
      expect([path, answer.status, answer.text]).toEqual([path, 200, "ok"]);
      expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    }
  });

  rule(18, "asked for more, it says which checks passed", async ({ api }) => {
    for (const name of ["healthz", "livez", "readyz"]) {
      const { status, text } = await api.ask(`/${name}?verbose`);
      expect(status).toBe(200);
      expect(text).toMatch(/^(\[\+\][\w/-]+ .*ok\n)+/);
      expect(text.trimEnd()).toMatch(new RegExp(`${name} check passed$`));
    }
  });

  rule(18, "each check is a path of its own", async ({ api }) => {
    const { text } = await api.ask("/readyz?verbose");
    const [, check] = /\[\+\]([\w-]+) /.exec(text)!;
    expect(await api.ask(`/readyz/${check}`)).toMatchObject({ status: 200, text: "ok" });
  });
});

describe("the connection", () => {
  rule(19, "a server that wants a token speaks TLS: clients send it over nothing else", async ({ api }) => {
    const stranger = await api.ask("/api/v1/namespaces", { headers: { authorization: undefined } });
    const wantsToken = stranger.status === 401 || stranger.status === 403;
    expect(new URL(api.access.url).protocol).toBe(wantsToken ? "https:" : expect.anything());
  });

  rule(20, "HTTP/2 is offered, and a watch and requests share one connection", async ({ api, widgets }) => {
    const { url, token } = api.access;
    const session = connectHttp2(url, secure(api.access));
    const ask = (path: string) =>
      session.request({
        ":path": path,
        "user-agent": "conformance",
        ...(token && { authorization: `Bearer ${token}` }),
      });
    const watch = ask(widgets.url("", { watch: true }));
    const [headers] = (await once(watch, "response")) as [Json];
    expect(session.alpnProtocol).toBe("h2");
    expect(headers[":status"]).toBe(200);
    const list = ask(widgets.url());
    expect(((await once(list, "response")) as [Json])[0][":status"]).toBe(200);
    list.resume();
    await widgets.make("a");
    const [line] = (await once(watch, "data")) as [Buffer];
    expect(JSON.parse(line.toString())).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
    session.destroy();
  });

  rule(20, "who knows only HTTP/1.1 gets HTTP/1.1", async ({ api }) => {
    const { hostname, port } = new URL(api.access.url);
    const options = {
      host: hostname,
      port: Number(port),
      ALPNProtocols: ["http/1.1"],
      ...secure(api.access),
    };
    const socket = connectTls(options);
    await once(socket, "secureConnect");
    expect(socket.alpnProtocol || "http/1.1").toBe("http/1.1");
    socket.destroy();
  });

  rule(20, "a connection of HTTP/1.1 goes on after errors", async ({ api, configMaps }) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ...secure(api.access) });
    const single = new Api(api.access, agent);
    const object = configMaps.object("a");
    const sockets = new Set<unknown>();
    for (const [status, method, path, body, type] of [
      [201, "POST", configMaps.url(), object, "application/json"],
      [404, "GET", configMaps.url("b"), undefined, undefined],
      [409, "POST", configMaps.url(), object, "application/json"],
      [400, "POST", configMaps.url(), "{", "application/json"],
      [415, "POST", configMaps.url(), object, "text/plain"],
      [405, "PUT", configMaps.url(), object, "application/json"],
      [422, "POST", configMaps.url(), configMaps.object("A"), "application/json"],
      [200, "GET", configMaps.url("a"), undefined, undefined],
    ] as const) {
      const response = await single.open(path, { method, body, headers: { "content-type": type } });
      expect([method, path, response.statusCode]).toEqual([method, path, status]);
      sockets.add(response.socket);
      response.resume();
      await once(response, "end");
    }
    expect(sockets.size).toBe(1);
    single.close();
  });

  rule(20, "so it does when large bodies follow large answers", async ({ api, configMaps }) => {
    const single = new Api(api.access, new Agent({ keepAlive: true, maxSockets: 1, ...secure(api.access) }));
    const objects = new Collection(single, configMaps.place);
    const statuses: number[] = [];
    for (let i = 0; i < 60; i++) {
      statuses.push(
        (await objects.post(objects.object(`n${i}`, { data: { text: LONG.slice(0, 100_000) } }))).status,
      );
    }
    expect(statuses).toEqual(statuses.map(() => 201));
    single.close();
  });

  rule(21, "a body may come in chunks, without its length", async ({ configMaps }) => {
    const body = configMaps.object("a", { data: { text: "y".repeat(500) } });
    const answer = await configMaps.post(body, {}, { chunked: true });
    expect(answer).toMatchObject({ status: 201, json: { data: { text: "y".repeat(500) } } });
  });
});

describe("headers", () => {
  rule(22, "every answer has an Audit-Id; that of a client comes back", async ({ api, configMaps }) => {
    for (const path of ["/api", "/version", configMaps.url(), configMaps.url("nobody")]) {
      expect((await api.ask(path)).headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
      const own = "0a1b2c3d-0000-4000-8000-1234567890ab";
      expect((await api.ask(path, { headers: { "audit-id": own } })).headers["audit-id"]).toBe(own);
    }
  });

  rule(22, "answers of the API are not for caches", async ({ api, configMaps }) => {
    await configMaps.make("a");
    for (const path of [configMaps.url(), configMaps.url("a"), configMaps.url("nobody")]) {
      expect((await api.ask(path)).headers["cache-control"]).toBe("no-cache, private");
    }
  });

  rule(24, "a long answer is compressed for who can read it", async ({ api, configMaps }) => {
    await configMaps.make("a", { data: { text: LONG } });
    for (const path of [configMaps.url(), configMaps.url("a")]) {
      const { headers, bytes } = await api.ask(path, { headers: { "accept-encoding": "gzip" } });
      expect(headers).toMatchObject({
        "content-encoding": "gzip",
        vary: expect.stringContaining("Accept-Encoding"),
      });
      expect(gunzipSync(bytes).toString()).toContain(LONG);
    }
  });

  rule(
    24,
    "it is plain for who says identity, or nothing; and so is a short one",
    async ({ api, configMaps }) => {
      await configMaps.make("a", { data: { text: LONG } });
      await configMaps.make("b");
      for (const [name, encoding] of [
        ["a", "identity"],
        ["a", undefined],
        ["b", "gzip"],
      ] as const) {
        const { headers, json } = await api.ask(configMaps.url(name), {
          headers: { "accept-encoding": encoding },
        });
        expect([name, encoding, headers["content-encoding"]]).toEqual([name, encoding, undefined]);
        expect(json.metadata.name).toBe(name);
      }
    },
  );

  rule(24, "a watch is never compressed", async ({ configMaps }) => {
    await configMaps.make("a", { data: { text: LONG } });
    const watch = await configMaps.watch({}, { headers: { "accept-encoding": "gzip" } });
    const events = await watch.untilNamed("a");
    expect(watch.response.headers["content-encoding"]).toBeUndefined();
    expect(events.at(-1)!.object.data.text).toBe(LONG);
  });

  rule(
    25,
    "JSON is compact for programs, and pretty for people and for who asks",
    async ({ api, configMaps }) => {
      await configMaps.make("a");
      const linesFor = async (agent: string, query: Record<string, string> = {}) => {
        const { text } = await api.ask(configMaps.url("a", query), { headers: { "user-agent": agent } });
        return text.trimEnd().split("\n").length;
      };
      expect(await linesFor("kubectl/v1.32.0")).toBe(1);
      expect(await linesFor("kubectl/v1.32.0", { pretty: "true" })).toBeGreaterThan(5);
      for (const agent of ["curl/8.5.0", "Wget/1.21", "Mozilla/5.0 (X11)"]) {
        expect([agent, (await linesFor(agent)) > 5]).toEqual([agent, true]);
        expect([agent, await linesFor(agent, { pretty: "false" })]).toEqual([agent, 1]);
      }
    },
  );
});

describe("bodies, methods and queries", () => {
  rule(23, "a body above 3 MiB is 413, announced or not", async ({ configMaps }) => {
    const body = configMaps.object("a", { data: { text: "x".repeat(3 * 1024 * 1024) } });
    const tooLarge = { status: 413, json: { reason: "RequestEntityTooLarge", code: 413 } };
    expect(await configMaps.post(body)).toMatchObject(tooLarge);
    const headers = { "content-type": "application/json", "transfer-encoding": "chunked" };
    const text = JSON.stringify(body);
    expect(
      await configMaps.post(text, {}, { headers: { ...headers, "content-length": undefined } }),
    ).toMatchObject(tooLarge);
    expect(await configMaps.names()).not.toContain("a");
  });

  rule(23, "a JSON patch of more than 10000 operations is 413", async ({ widgets }) => {
    await widgets.make("a", { spec: { title: "a" } });
    const operations = (count: number) =>
      Array.from({ length: count }, () => ({ op: "test", path: "/spec/title", value: "a" }));
    expect(await widgets.patch("a", operations(10_001), JSON_PATCH)).toMatchObject({
      status: 413,
      json: { reason: "RequestEntityTooLarge" },
    });
    expect(await widgets.patch("a", operations(10_000), JSON_PATCH)).toMatchObject({ status: 200 });
  });

  rule(
    26,
    "HEAD is GET without a body for custom types, and not allowed for others",
    async ({ api, widgets, configMaps }) => {
      await widgets.make("a");
      for (const path of [widgets.url(), widgets.url("a")]) {
        expect(await api.ask(path, { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
      }
      expect(await api.ask(widgets.url("b"), { method: "HEAD" })).toMatchObject({ status: 404, text: "" });
      expect(await api.ask(configMaps.url(), { method: "HEAD" })).toMatchObject({ status: 405, text: "" });
    },
  );

  rule(26, "OPTIONS is not allowed", async ({ api, widgets, configMaps }) => {
    for (const path of [widgets.url(), widgets.url("a"), configMaps.url()]) {
      expect(await api.ask(path, { method: "OPTIONS" })).toMatchObject({ status: 405 });
    }
  });

  rule(26, "no method on any path is answered with 5xx", async ({ api, widgets, configMaps }) => {
    await widgets.make("a");
    const methods = ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"];
    const paths = [
      "/api",
      "/version",
      "/nope",
      configMaps.url("a"),
      widgets.url("b"),
      widgets.url("b/status"),
    ];
    for (const path of paths) {
      for (const method of methods) {
        const { status } = await api.ask(path, { method });
        expect([method, path, status >= 400 ? Math.floor(status / 100) : 4]).toEqual([method, path, 4]);
      }
    }
  });

  rule(27, "a query parameter that nobody knows is passed over", async ({ widgets }) => {
    expect(await widgets.get("", { nonsense: "1" })).toMatchObject({
      status: 200,
      json: { kind: "WidgetList" },
    });
    expect(await widgets.post(widgets.object("a"), { nonsense: "1" })).toMatchObject({ status: 201 });
  });

  rule(27, "a number that is none is 400", async ({ widgets }) => {
    for (const query of [{ limit: "abc" }, { timeoutSeconds: "abc" }, { watch: "1", timeoutSeconds: "1x" }]) {
      expect(await widgets.get("", query)).toMatchObject({ status: 400, json: { reason: "BadRequest" } });
    }
  });

  rule(27, "a limit of -1 is none", async ({ widgets }) => {
    for (const name of ["a", "b", "c"]) await widgets.make(name);
    const { json } = await widgets.get("", { limit: -1 });
    expect(json.items).toHaveLength(3);
    expect(json.metadata.continue ?? "").toBe("");
  });

  rule(28, "a body without a Content-Type is JSON", async ({ configMaps }) => {
    const headers = { "content-type": undefined };
    expect(await configMaps.post(configMaps.object("a"), {}, { headers })).toMatchObject({ status: 201 });
  });

  rule(28, "parameters of a media type change nothing, for patches as well", async ({ configMaps }) => {
    const headers = { "content-type": "application/json; charset=utf-8" };
    expect(await configMaps.post(configMaps.object("a"), {}, { headers })).toMatchObject({ status: 201 });
    const patched = await configMaps.patch("a", { data: { x: "1" } }, `${MERGE}; charset=utf-8`);
    expect(patched).toMatchObject({ status: 200, json: { data: { x: "1" } } });
  });
});
