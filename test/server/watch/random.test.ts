import { expect, test } from "vitest";
import { CONFIG_MAPS, configMap, TestServer, type TestWatch } from "../http/harness.ts";

const SELECTORS = [
  "",
  "&labelSelector=app%3Da",
  "&labelSelector=app!%3Da",
  "&fieldSelector=metadata.name%3Dn1",
];
const MERGE = { "content-type": "application/merge-patch+json" };

/** Small, and the same on every machine: https://en.wikipedia.org/wiki/Xorshift */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** One write of any kind to any of a few objects; many of them fail, which is as good. */
function writeAny(server: TestServer, random: (below: number) => number): Promise<unknown> {
  const name = `n${random(6)}`;
  const labels = { app: "abc"[random(3)]! };
  const path = `${CONFIG_MAPS}/${name}`;
  const value = String(random(1_000_000));
  switch (random(4)) {
    case 0:
      return server.ask(path, { method: "DELETE" });
    case 1:
      return server.create(name, { value }, labels);
    default:
      return server.ask(path, {
        method: "PATCH",
        body: { metadata: { labels }, data: { value } },
        headers: MERGE,
      });
  }
}

interface Seen {
  watch: TestWatch;
  selector: string;
  /** The present state comes first, by name and not by revision. */
  isFromStart: boolean;
  /** What was there before the first event, by name. */
  before: Map<string, string>;
}

const revisionOf = (object: { metadata: { resourceVersion: string } }) =>
  Number(object.metadata.resourceVersion);

async function stateOf(server: TestServer, selector: string): Promise<[Map<string, string>, number]> {
  const { json } = await server.ask(`${CONFIG_MAPS}?${selector.slice(1)}`);
  const items = json.items as { metadata: { name: string; resourceVersion: string } }[];
  return [
    new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion])),
    revisionOf(json as { metadata: { resourceVersion: string } }),
  ];
}

/** What an informer would believe. */
function replay({ watch, before }: Seen): Map<string, string> {
  const state = new Map(before);
  for (const { type, object } of watch.lines) {
    const { name, resourceVersion } = object.metadata as { name: string; resourceVersion: string };
    if (type === "BOOKMARK") continue;
    // Only what a client does not know can be added, only what it knows can change or go.
    expect([type, name, state.has(name)]).toEqual([type, name, type !== "ADDED"]);
    if (type === "DELETED") state.delete(name);
    else state.set(name, resourceVersion);
  }
  return state;
}

/** Rule 86: strictly increasing; a bookmark may repeat what is known. */
function expectOrder({ lines }: TestWatch): void {
  let last = 0;
  for (const { type, object } of lines) {
    const revision = revisionOf(object);
    expect(type === "BOOKMARK" ? revision >= last : revision > last).toBe(true);
    last = revision;
  }
}

test.each([1, 2, 3])(
  "rules 56, 85-88: whenever it starts, a watch tells the truth (seed %i)",
  async (seed) => {
    const random = randomFrom(seed * 7919);
    const server = await TestServer.start({ limits: { bookmarkIntervalMs: 30 } });
    const seen: Seen[] = [];
    for (let round = 0; round < 12; round++) {
      const selector = SELECTORS[random(SELECTORS.length)]!;
      const writes = Array.from({ length: 15 }, () => writeAny(server, random));
      const [before, revision] = await stateOf(server, selector);
      const isFromStart = random(3) === 0;
      const query = `watch=1&allowWatchBookmarks=1${selector}${isFromStart ? "" : `&resourceVersion=${revision}`}`;
      const watch = await server.watch(`${CONFIG_MAPS}?${query}`);
      seen.push({ watch, selector, isFromStart, before: isFromStart ? new Map() : before });
      await Promise.all(writes);
    }
    await server.ask(CONFIG_MAPS, { method: "POST", body: configMap("end", {}, { app: "a" }) });
    const { revision } = server.store;
    for (const one of seen) {
      // A bookmark, or the event itself, says that nothing is missing any more.
      await expect
        .poll(() => one.watch.lines.some(({ object }) => revisionOf(object) >= revision))
        .toBe(true);
      const [expected] = await stateOf(server, one.selector);
      expect(Object.fromEntries(replay(one))).toEqual(Object.fromEntries(expected));
      if (!one.isFromStart) expectOrder(one.watch);
      one.watch.stop();
    }
    await server.stop();
  },
);
