import { describe, expect } from "vitest";
import { CONFIG_MAPS, test, TestServer } from "../http/harness.ts";

const WATCH = `${CONFIG_MAPS}?watch=true`;

describe("slow readers", () => {
  const big = "x".repeat(100_000);

  test("rule 96: who does not read is ended, and no writer waits for it", async () => {
    const server = await TestServer.start({ limits: { stallMs: 300 } });
    const response = await server.open(WATCH);
    response.pause();
    const other = await server.watch(WATCH);
    for (let index = 0; index < 60; index++) await server.create(`n${index}`, { big });
    await other.first(60);
    const closed = new Promise<void>((resolve) => response.once("close", resolve));
    response.on("error", () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    let text = "";
    response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    response.resume();
    await closed;
    const whole = text.split("\n").slice(0, -1);
    const revisions = whole
      .map((line) => JSON.parse(line) as { type: string; object: { metadata: { resourceVersion: string } } })
      .filter(({ type }) => type === "ADDED")
      .map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual(revisions.map((_, index) => revisions[0]! + index)); // no gap
    expect(revisions.length).toBeLessThan(60);
    other.stop();
    await server.stop();
  });

  test("rule 96: of a large present state, no more is kept for who does not read than it may have unsent", async () => {
    const server = await TestServer.start();
    for (let index = 0; index < 20; index++) {
      await server.create(`n${index}`, { big: "x".repeat(1_000_000) });
    }
    const before = process.memoryUsage().arrayBuffers;
    const lazy = await Promise.all(Array.from({ length: 20 }, () => server.open(WATCH)));
    for (const response of lazy) response.pause();
    await server.ask("/readyz"); // they have been begun
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150_000_000);
    for (const response of lazy) response.destroy();
    await server.stop();
  });

  test("rule 96: who pauses for a moment gets everything, in order", async () => {
    const server = await TestServer.start({ limits: { stallMs: 10_000, maxUnsentBytes: 300_000 } });
    const response = await server.open(WATCH);
    response.pause();
    for (let index = 0; index < 60; index++) await server.create(`n${index}`, { big });
    let text = "";
    response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    response.resume();
    await expect.poll(() => text.split("\n").length - 1, { timeout: 5_000 }).toBe(60);
    const revisions = text
      .trim()
      .split("\n")
      .map((line) =>
        Number(
          (JSON.parse(line) as { object: { metadata: { resourceVersion: string } } }).object.metadata
            .resourceVersion,
        ),
      );
    expect(revisions).toEqual(revisions.map((_, index) => revisions[0]! + index));
    response.destroy();
    await server.stop();
  });
});
