import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { describe, expect } from "vitest";
import type { Json } from "./client.ts";
import type { Collection } from "./collection.ts";
import { mistake, rule } from "./suite.ts";
import { namesOf } from "./watch.ts";
import { openWebSocket } from "./websocket.ts";
import { GROUP } from "./widgets.ts";

const END = { "k8s.io/initial-events-end": "true" };
const WATCH_LIST = {
  sendInitialEvents: true,
  resourceVersionMatch: "NotOlderThan",
  allowWatchBookmarks: true,
};

describe("the end", () => {
  rule(90, "timeoutSeconds ends a watch cleanly, and not before", async ({ widgets }) => {
    const started = performance.now();
    const watch = await widgets.watch({ timeoutSeconds: 1 });
    await widgets.make("a");
    await watch.ended;
    expect(watch.response.complete).toBe(true);
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(namesOf(watch.events)).toEqual(["ADDED a"]);
  });
});

describe("bookmarks", () => {
  /** Who watches what nothing matches sees nothing but bookmarks. */
  const hidden = { labelSelector: "app=nothing", timeoutSeconds: 4 };

  rule(
    91,
    "one comes two seconds before the end, and covers what the selector hides",
    async ({ widgets }) => {
      const resourceVersion = await widgets.revision();
      const watch = await widgets.watch({ ...hidden, resourceVersion, allowWatchBookmarks: true });
      const made = await widgets.make("a");
      await watch.ended;
      expect(watch.events.length).toBeGreaterThan(0);
      for (const { type, object } of watch.events) {
        expect(type).toBe("BOOKMARK");
        expect(object).toMatchObject({ kind: "Widget", apiVersion: `${GROUP}/v1` });
        expect(Object.keys(object as object).toSorted()).toEqual(["apiVersion", "kind", "metadata"]);
        const { creationTimestamp: _, ...metadata } = object.metadata;
        expect(metadata).toEqual({ resourceVersion: expect.stringMatching(/^\d+$/) as string });
      }
      const last = watch.events.at(-1)!.object.metadata.resourceVersion as string;
      expect(Number(last)).toBeGreaterThanOrEqual(Number(made.metadata.resourceVersion));
      const next = await widgets.watch({ resourceVersion: last });
      await widgets.make("b");
      expect(namesOf(await next.first(1))).toEqual(["ADDED b"]);
    },
  );

  rule(91, "who does not ask for them never sees one", async ({ widgets }) => {
    const resourceVersion = await widgets.revision();
    const watch = await widgets.watch({ ...hidden, resourceVersion });
    await widgets.make("a");
    await watch.ended;
    expect(watch.events).toEqual([]);
  });

  rule(91, "none is ahead of an event that is yet to come", async ({ widgets }) => {
    await widgets.make("seen", {}, { labels: { app: "web" } });
    await widgets.make("hidden");
    const resourceVersion = await widgets.revision();
    // Several: just after an event there is nothing to tell of.
    const watches = await Promise.all(
      [3, 4, 5].map((timeoutSeconds) =>
        widgets.watch({
          labelSelector: "app=web",
          allowWatchBookmarks: true,
          timeoutSeconds,
          resourceVersion,
        }),
      ),
    );
    for (let size = 0; watches.some(({ response }) => !response.readableEnded); size++) {
      await widgets.merge(size % 20 === 0 ? "seen" : "hidden", { spec: { size } });
    }
    for (const { events } of watches) {
      const revisions = events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    }
    const types = watches.flatMap(({ events }) => events.map(({ type }) => type));
    expect(new Set(types)).toEqual(new Set(["MODIFIED", "BOOKMARK"]));
  });
});

describe("WatchList", () => {
  rule(92, "the present state, a bookmark that says so, then what happens", async ({ widgets }) => {
    await widgets.make("a");
    const newest = await widgets.make("b");
    const watch = await widgets.watch(WATCH_LIST);
    await watch.first(3);
    await widgets.make("c");
    const events = await watch.first(4);
    expect(namesOf(events).slice(0, 2).toSorted()).toEqual(["ADDED a", "ADDED b"]);
    expect(events[2]).toMatchObject({
      type: "BOOKMARK",
      object: { kind: "Widget", metadata: { annotations: END } },
    });
    expect(Number(events[2]!.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(newest.metadata.resourceVersion),
    );
    expect(namesOf(events)[3]).toBe("ADDED c");
  });

  rule(
    92,
    "the bookmark comes for an empty collection too, of every kind",
    async ({ widgets, leases, events }) => {
      for (const objects of [widgets, leases, events]) {
        const watch = await objects.watch(WATCH_LIST);
        expect(await watch.first(1)).toMatchObject([
          { type: "BOOKMARK", object: { metadata: { annotations: END } } },
        ]);
      }
    },
  );

  rule(92, "with a revision it is of that revision, or newer", async ({ widgets }) => {
    const { metadata } = await widgets.make("a");
    const resourceVersion = metadata.resourceVersion as string;
    const watch = await widgets.watch({ ...WATCH_LIST, resourceVersion });
    const [added, bookmark] = await watch.first(2);
    expect(namesOf([added!])).toEqual(["ADDED a"]);
    expect(Number(bookmark!.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(resourceVersion));
  });

  rule(92, "selectors hold for the present state as well", async ({ widgets }) => {
    await widgets.make("a", {}, { labels: { app: "web" } });
    await widgets.make("b");
    const watch = await widgets.watch({ ...WATCH_LIST, labelSelector: "app=web" });
    expect(namesOf(await watch.first(2))).toEqual(["ADDED a", "BOOKMARK"]);
  });

  mistake(1, "sendInitialEvents is served, or refused, but never passed over", async ({ widgets }) => {
    await widgets.make("a");
    const watch = await widgets.watch(WATCH_LIST);
    if (watch.response.statusCode === 422) return;
    const events = await watch.until((all) => all.some(({ type }) => type === "BOOKMARK"));
    expect(events.at(-1)!.object.metadata.annotations).toEqual(END);
  });

  rule(93, "options that do not go together are 422", async ({ widgets }) => {
    for (const query of [
      { sendInitialEvents: true, allowWatchBookmarks: true },
      {
        sendInitialEvents: true,
        allowWatchBookmarks: true,
        resourceVersionMatch: "Exact",
        resourceVersion: "1",
      },
      { resourceVersionMatch: "NotOlderThan" },
      { sendInitialEvents: false, resourceVersion: "1", resourceVersionMatch: "Exact" },
    ]) {
      const { status, json } = await widgets.get("", { watch: true, timeoutSeconds: 1, ...query });
      expect([query, status, json?.reason]).toEqual([query, 422, "Invalid"]);
    }
  });

  rule(
    93,
    "a watch of old that wants bookmarks is told the end of the present state too",
    async ({ widgets }) => {
      await widgets.make("a");
      const watch = await widgets.watch({ allowWatchBookmarks: true });
      expect(await watch.first(2)).toMatchObject([
        { type: "ADDED" },
        { type: "BOOKMARK", object: { metadata: { annotations: END } } },
      ]);
    },
  );
});

describe("WebSocket", () => {
  const path = (widgets: Collection) => widgets.url("", { watch: true });

  rule(95, "the events come as frames of text, one document each", async ({ api, widgets }) => {
    await widgets.make("a");
    const socket = await openWebSocket(api.access, path(widgets));
    const events = [JSON.parse(await socket.next())];
    await widgets.make("b");
    events.push(JSON.parse(await socket.next()));
    expect(namesOf(events)).toEqual(["ADDED a", "ADDED b"]);
    socket.close();
  });

  rule(95, "the token may come as a subprotocol, which browsers can send", async ({ api, widgets }) => {
    const { token = "" } = api.access;
    const encoded = Buffer.from(token).toString("base64url");
    const protocols = [`base64url.bearer.authorization.k8s.io.${encoded}`, "base64.binary.k8s.io"];
    const socket = await openWebSocket({ ...api.access, token: undefined }, path(widgets), protocols);
    expect(socket.protocol).toBe("base64.binary.k8s.io");
    await widgets.make("a");
    const frame = await socket.next();
    const text = frame.startsWith("{") ? frame : Buffer.from(frame, "base64").toString();
    expect(JSON.parse(text)).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
    socket.close();
  });

  rule(95, "without a token, or with a wrong one, there is no WebSocket", async ({ api, widgets }) => {
    for (const token of [undefined, "wrong"]) {
      await expect(openWebSocket({ ...api.access, token }, path(widgets))).rejects.toThrow(/\b40[13]\b/);
    }
  });
});

/** Reads a stream that has waited, to its end, and gives the names of what was added. */
async function readLate(stream: IncomingMessage, enough: number): Promise<Json[]> {
  const events: Json[] = [];
  const ended = new Promise<void>((resolve) => {
    const lines = createInterface({ input: stream, crlfDelay: Infinity });
    lines.on("line", (line) => {
      events.push(JSON.parse(line));
      if (events.length === enough) stream.destroy();
    });
    lines.on("error", () => undefined);
    lines.once("close", resolve);
    stream.once("close", resolve);
  });
  await ended;
  return events;
}

describe("readers", () => {
  const LARGE = "x".repeat(100_000);

  rule(
    96,
    "a slow reader gets everything, or the end of the stream, but never a gap",
    async ({ configMaps }) => {
      const resourceVersion = await configMaps.revision();
      const names = Array.from({ length: 150 }, (_, i) => `n${i}`);
      const slow = await configMaps.api.open(configMaps.url("", { watch: true, resourceVersion }));
      slow.on("error", () => undefined);
      slow.pause();
      for (const name of names) await configMaps.make(name, { data: { text: LARGE } });
      const events = slow.destroyed ? [] : await readLate(slow, names.length);
      const added = events.filter(({ type }) => type === "ADDED").map(({ object }) => object);
      // Whatever it got, it can go on from there.
      const from = (added.at(-1)?.metadata.resourceVersion ?? resourceVersion) as string;
      const rest = await configMaps.watch({
        resourceVersion: from,
        fieldSelector: "metadata.name!=kube-root-ca.crt",
      });
      const others = added.length < names.length ? await rest.first(names.length - added.length) : [];
      const seen = [...added, ...others.map(({ object }) => object)].map(
        ({ metadata }) => metadata.name as string,
      );
      expect(seen.filter((name) => name !== "kube-root-ca.crt")).toEqual(names);
    },
  );

  rule(96, "a watcher hears of a write before or soon after the writer does", async ({ widgets }) => {
    const watch = await widgets.watch();
    for (let i = 0; i < 20; i++) {
      await widgets.make(`n${i}`);
      expect(namesOf(await watch.first(i + 1)).at(-1)).toBe(`ADDED n${i}`);
    }
  });
});

describe("informers", () => {
  rule(97, "after a clean end one goes on from the last event, with nothing lost", async ({ widgets }) => {
    await widgets.make("a");
    const { resourceVersion } = (await widgets.get()).json.metadata as { resourceVersion: string };
    const first = await widgets.watch({ resourceVersion, timeoutSeconds: 1 });
    await widgets.make("b");
    await first.ended;
    const last = first.events.at(-1)!.object.metadata.resourceVersion as string;
    await widgets.make("c");
    await widgets.delete("a");
    const second = await widgets.watch({ resourceVersion: last });
    expect([...namesOf(first.events), ...namesOf(await second.first(2))]).toEqual([
      "ADDED b",
      "ADDED c",
      "DELETED a",
    ]);
  });
});
