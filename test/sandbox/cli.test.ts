import { once } from "node:events";
import { request } from "node:https";
import type { Duplex } from "node:stream";
import { describe, expect } from "vitest";
import { type Rig, test } from "./fixture.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };

async function answer({ cc }: Rig, path: string): Promise<Record<string, unknown>> {
  return cc.get(path);
}

const grant = ({ http, cf }: Rig, fields: Record<string, string>) =>
  http.send(`${cf.url}/oauth/token`, {
    method: "POST",
    headers: { ...FORM, authorization: `Basic ${Buffer.from("cf:").toString("base64")}` },
    body: new URLSearchParams(fields).toString(),
  });

describe("what cf asks for is answered:", () => {
  test("login asks how to log in, and gets tokens that say who one is", async ({ rig }) => {
    const root = JSON.parse((await rig.http.send(`${rig.cf.url}/`)).body) as {
      links: Record<string, { href: string; meta?: object } | null>;
    };
    for (const link of ["login", "uaa", "log_cache", "cloud_controller_v3"])
      expect(root.links[link]?.href).toMatch(/^https:/);
    const { body } = await rig.http.send(`${root.links["login"]!.href}/login`);
    expect(JSON.parse(body)).toMatchObject({
      prompts: { username: ["text", expect.any(String)], password: ["password", expect.any(String)] },
    });
    const { status, body: granted } = await grant(rig, {
      grant_type: "password",
      username: "admin",
      password: "admin",
    });
    const { access_token, refresh_token } = JSON.parse(granted) as Record<string, string>;
    const claims: unknown = JSON.parse(Buffer.from(access_token!.split(".")[1]!, "base64url").toString());
    expect(claims).toMatchObject({ user_name: "admin", origin: "uaa", exp: expect.any(Number) as number });
    expect([status, refresh_token]).toEqual([200, expect.stringMatching(/./)]);
    for (const wrong of [
      { password: "no" },
      { username: "constructor", password: "admin" },
      { grant_type: "x" },
    ])
      expect(
        (await grant(rig, { grant_type: "password", username: "admin", password: "admin", ...wrong })).status,
      ).toBe(401);
  });

  test("target finds the organization and the space by name, and nothing by another one", async ({ rig }) => {
    const { resources } = await answer(rig, `/v3/organizations?names=${rig.cf.org}&order_by=name`);
    const [{ guid }] = resources as [{ guid: string }];
    expect(await answer(rig, `/v3/spaces?names=${rig.cf.space}&organization_guids=${guid}`)).toMatchObject({
      pagination: { total_results: 1, next: null },
      resources: [{ name: rig.cf.space, guid: rig.cf.spaceGuid }],
    });
    expect(await answer(rig, "/v3/organizations?names=none")).toMatchObject({ resources: [] });
  });

  test("app shows what runs, where, and since when", async ({ rig }) => {
    await rig.push("echo hello; exec sleep 1000", { instances: 2 });
    await expect.poll(() => rig.app.instances.map(({ state }) => state)).toEqual(["RUNNING", "RUNNING"]);
    const { guid } = rig.app;
    expect(await answer(rig, `/v3/apps/${guid}/processes`)).toMatchObject({
      resources: [{ type: "web", instances: 2, memory_in_mb: 1024, health_check: { type: "process" } }],
    });
    expect(await answer(rig, `/v3/processes/${guid}/stats`)).toMatchObject({
      resources: [
        { index: 0, state: "RUNNING", uptime: expect.any(Number) as number, usage: { cpu: 0 } },
        { index: 1, state: "RUNNING" },
      ],
    });
    expect(await answer(rig, `/v3/processes/${guid}/sidecars`)).toMatchObject({ resources: [] });
    expect(await answer(rig, `/v3/apps/${guid}/routes`)).toMatchObject({
      resources: [{ url: expect.stringContaining("/apps/web") as string }],
    });
    expect(await answer(rig, `/v3/apps/${guid}/droplets/current`)).toMatchObject({ state: "STAGED" });
    const active = `/v3/deployments?app_guids=${guid}&status_values=ACTIVE&order_by=-created_at&per_page=1`;
    expect(await answer(rig, active)).toMatchObject({ resources: [] });
  });

  test("logs are read on from the last line, and none is seen twice", async ({ rig }) => {
    await rig.push("echo one; echo two; exec sleep 1000");
    const read = async (more: string) => {
      const { envelopes } = (await answer(
        rig,
        `/api/v1/read/${rig.app.guid}?envelope_types=LOG&${more}`,
      )) as {
        envelopes: { batch: { timestamp: string; log: { payload: string; type: string } }[] };
      };
      return envelopes.batch.map(({ timestamp, log }) => ({
        timestamp,
        text: Buffer.from(log.payload, "base64").toString(),
      }));
    };
    await expect.poll(async () => (await read("limit=10")).map(({ text }) => text)).toEqual(["one", "two"]);
    const [first] = await read("limit=1");
    const next = await read(`start_time=${BigInt(first!.timestamp) + 1n}`);
    expect(next.map(({ text }) => text)).toEqual(["two"]);
    expect((await read("descending=true&limit=1"))[0]!.text).toBe("two");
  });

  test("scale, stop, start, restart of one instance, and delete do as they say", async ({ rig }) => {
    await rig.push("exec sleep 1000");
    const { guid } = rig.app;
    const headers = { "content-type": "application/json" };
    const post = (path: string, body = "{}") => rig.cc.ask(path, { method: "POST", body, headers });
    await post(`/v3/apps/${guid}/processes/web/actions/scale`, '{"instances":3}');
    expect(rig.app.instances).toHaveLength(3);
    const former = rig.app.instances[1]!.guid;
    await rig.cc.ask(`/v3/apps/${guid}/processes/web/instances/1`, { method: "DELETE" });
    await expect.poll(() => rig.app.instances[1]!.guid).not.toMatch(new RegExp(`^(${former})?$`));
    await post(`/v3/apps/${guid}/actions/stop`);
    expect(rig.app.instances).toEqual([]);
    await post(`/v3/apps/${guid}/actions/start`);
    expect(rig.app.instances).toHaveLength(3);
    const { headers: answered } = await rig.cc.ask(`/v3/apps/${guid}`, { method: "DELETE" });
    await expect.poll(() => answer(rig, String(answered["location"]))).toMatchObject({ state: "COMPLETE" });
    expect(rig.app.found).toBeUndefined();
  });

  test("an app goes through the router to the instance that is asked for", async ({ rig }) => {
    const server = `require("node:http").createServer((q, s) => s.end(process.env.CF_INSTANCE_INDEX + q.headers["x-forwarded-proto"])).listen(process.env.PORT, "127.0.0.1")`;
    await rig.push("exec node server.js", {
      files: { "server.js": server },
      instances: 2,
      healthCheck: "port",
    });
    await expect.poll(() => rig.app.instances.map(({ state }) => state)).toEqual(["RUNNING", "RUNNING"]);
    const ask = async (headers: Record<string, string>, path = "/") =>
      (await rig.http.send(`${rig.cf.url}/apps/web${path}`, { headers })).body;
    expect([await ask({}), await ask({})].toSorted()).toEqual(["0https", "1https"]);
    for (const index of ["0", "1"])
      expect(await ask({ "x-cf-app-instance": `${rig.app.guid}:${index}` })).toBe(`${index}https`);
    const wrong = await rig.http.send(`${rig.cf.url}/apps/web/`, {
      headers: { "x-cf-app-instance": "nonsense" },
    });
    expect(wrong).toMatchObject({ status: 400 });
    const byName = await rig.http.send(`${rig.cf.url}/`, { headers: { host: "web.localhost" } });
    expect(byName.body).toMatch(/^[01]https$/);
  });

  test("and WebSockets go the same way", async ({ rig }) => {
    const server = `const server = require("node:http").createServer();
      server.on("upgrade", (q, s) => { s.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n" + q.url); s.pipe(s); });
      server.listen(process.env.PORT, "127.0.0.1")`;
    await rig.push("exec node server.js", { files: { "server.js": server }, healthCheck: "port" });
    await expect.poll(() => rig.app.instances[0]!.state).toBe("RUNNING");
    const headers = { connection: "Upgrade", upgrade: "websocket" };
    const asking = request(`${rig.cf.url}/apps/web/chat`, { headers, rejectUnauthorized: false }).end();
    const [, socket, head] = (await once(asking, "upgrade")) as [unknown, Duplex, Buffer];
    let got = head.toString();
    socket.on("data", (bytes: Buffer) => (got += bytes.toString()));
    socket.write(" hello");
    await expect.poll(() => got).toBe("/chat hello");
    socket.destroy();
  });
});
