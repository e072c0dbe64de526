import { connect, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { Api, type Json } from "./client.ts";
import { Collection } from "./collection.ts";
import { type Server, startOwn } from "./server.ts";
import { rule, server } from "./suite.ts";

const ONLY_OURS = { onlyTiltish: true, onlyOurs: true };
/** Few enough for a test to write more. */
const MAX_HISTORY = 50;

let forgetful: Server;
let configMaps: Collection;

/** A server that forgets soon. Others keep their history for minutes, and are not asked. */
beforeAll(async () => {
  if (!server().isOurs) return;
  forgetful = await startOwn("--max-history", String(MAX_HISTORY));
  const place = { root: "/api/v1", kind: "ConfigMap", plural: "configmaps", namespace: "default" };
  configMaps = new Collection(new Api(forgetful.access), place);
});

afterAll(async () => {
  configMaps?.api.close();
  await forgetful?.close();
});

/** Writes until a revision is forgotten. */
async function forget(resourceVersion: string): Promise<void> {
  await configMaps.make("counter", {}, {}).catch(() => undefined);
  const isForgotten = async () => {
    for (let i = 0; i < MAX_HISTORY; i++)
      await configMaps.merge("counter", { data: { i: String(Math.random()) } });
    const query = { resourceVersion, resourceVersionMatch: "Exact" };
    return (await configMaps.get("", query)).status;
  };
  await expect.poll(isForgotten, { timeout: 30_000 }).toBe(410);
}

const EXPIRED = { kind: "Status", status: "Failure", code: 410, reason: "Expired" };

describe("a state that is forgotten", () => {
  rule(
    89,
    "a watch from it is an ERROR event with 410, and the end, or 410",
    async () => {
      const resourceVersion = await configMaps.revision();
      await forget(resourceVersion);
      const watch = await configMaps.watch({ resourceVersion });
      if (watch.response.statusCode === 410) return;
      await watch.ended;
      expect(watch.response.statusCode).toBe(200);
      expect(watch.response.complete).toBe(true);
      expect(watch.events).toMatchObject([{ type: "ERROR", object: EXPIRED }]);
    },
    ONLY_OURS,
  );

  rule(
    78,
    "a list of exactly that state is 410",
    async () => {
      const resourceVersion = await configMaps.revision();
      await forget(resourceVersion);
      const query = { resourceVersion, resourceVersionMatch: "Exact" };
      expect(await configMaps.get("", query)).toMatchObject({ status: 410, json: EXPIRED });
      expect(await configMaps.get("", { resourceVersion })).toMatchObject({ status: 200 });
    },
    ONLY_OURS,
  );

  rule(
    79,
    "the next page of a list of that state is 410",
    async () => {
      for (const name of ["a", "b", "c"]) await configMaps.make(name);
      const { metadata } = (await configMaps.get("", { limit: 1 })).json;
      await forget(metadata.resourceVersion as string);
      const answer = await configMaps.get("", { limit: 1, continue: metadata.continue as string });
      expect(answer).toMatchObject({ status: 410, json: EXPIRED });
      const next = answer.json.metadata.continue as string | undefined;
      if (next) expect(await configMaps.get("", { continue: next })).toMatchObject({ status: 200 });
    },
    ONLY_OURS,
  );

  rule(
    30,
    "410 Expired says that it is, and what to do",
    async () => {
      const resourceVersion = await configMaps.revision();
      await forget(resourceVersion);
      const query = { resourceVersion, resourceVersionMatch: "Exact" };
      const { status, json } = await configMaps.get("", query);
      expect([status, json.code, json.reason]).toEqual([410, 410, "Expired"]);
      expect(json.message).toMatch(/./);
    },
    ONLY_OURS,
  );
});

describe("a state that is yet to come", () => {
  rule(89, "a watch from it just waits, and shows nothing of before", async ({ widgets }) => {
    const { metadata } = await widgets.make("a");
    const resourceVersion = String(Number(metadata.resourceVersion) + 1_000_000);
    const watch = await widgets.watch({ resourceVersion, timeoutSeconds: 1 });
    await widgets.make("b");
    await watch.ended;
    expect(watch.response.statusCode).toBe(200);
    expect(watch.events.filter(({ type }) => type !== "BOOKMARK")).toEqual([]);
  });

  rule(89, "what is no revision is refused", async ({ widgets }) => {
    for (const resourceVersion of ["abc", "1.5", "1x"]) {
      const answer = await widgets.get("", { watch: true, resourceVersion, timeoutSeconds: 1 });
      expect([resourceVersion, answer.status >= 400 && answer.status < 500]).toEqual([resourceVersion, true]);
    }
  });
});

/** Opens a watch over HTTP/2, where a connection carries many. */
async function openWatch(session: ClientHttp2Session): Promise<[number, ClientHttp2Stream, Json]> {
  const { token = "" } = forgetful.access;
  const path = configMaps.url("", { watch: true });
  const stream = session.request({ ":path": path, authorization: `Bearer ${token}` });
  const [headers] = (await once(stream, "response")) as [Json];
  return [headers[":status"] as number, stream, headers];
}

describe("too much at once", () => {
  const MOST = 3_000;
  const AT_ONCE = 50;

  rule(
    30,
    "429 TooManyRequests says when to ask again; health is told all the same",
    async () => {
      const { url, ca } = forgetful.access;
      const sessions: ClientHttp2Session[] = [];
      let refused: [number, ClientHttp2Stream, Json] | undefined;
      for (let i = 0; i < MOST / AT_ONCE && !refused; i++) {
        const session = connect(url, { ca });
        sessions.push(session);
        const opened = await Promise.all(Array.from({ length: AT_ONCE }, () => openWatch(session)));
        refused = opened.find(([status]) => status !== 200);
      }
      const [, stream, headers] = refused!;
      const status = JSON.parse(await text(stream));
      expect(status).toMatchObject({ kind: "Status", code: 429, reason: "TooManyRequests" });
      expect(status.details.retryAfterSeconds).toBeGreaterThan(0);
      expect(headers["retry-after"]).toMatch(/^\d+$/);
      expect(await configMaps.api.ask("/readyz")).toMatchObject({ status: 200 });
      for (const session of sessions) session.destroy();
      const isFree = async () => (await configMaps.get("", { watch: true, timeoutSeconds: 1 })).status;
      await expect.poll(isFree, { timeout: 20_000 }).toBe(200);
    },
    ONLY_OURS,
  );
});

/** It takes longer than a minute. */
if (process.env["TILTISH_CONFORMANCE_SLOW"] === "1") {
  rule(91, "bookmarks come about every minute, if something has happened", async ({ widgets }) => {
    const watch = await widgets.watch({
      labelSelector: "app=nothing",
      allowWatchBookmarks: true,
      timeoutSeconds: 300,
    });
    const since = watch.events.length;
    await widgets.make("a");
    await expect
      .poll(() => watch.events.length, { timeout: 150_000, interval: 1_000 })
      .toBeGreaterThan(since);
    expect(watch.events.at(-1)!.type).toBe("BOOKMARK");
  });
}
