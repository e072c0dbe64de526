import { describe, expect } from "vitest";
import { test } from "./fixture.ts";

describe("an agent over ssh", () => {
  test("CF-4: syncs over one connection, one code and one process, however often", async ({ world }) => {
    const link = await world.connect();
    await world.write({ "a/b": "1" });
    expect(await world.sync(link)).toMatchObject({ result: "ok" });
    const before = world.counters;
    for (let i = 0; i < 20; i++) {
      await world.write({ "a/b": `${i}` });
      expect(await world.sync(link)).toMatchObject({ result: "ok" });
    }
    const { connections, codesIssued, processes } = world.counters;
    expect({ connections, codesIssued, processes }).toEqual({
      connections: before.connections,
      codesIssued: before.codesIssued,
      processes: before.processes,
    });
    expect([before.connections, before.codesIssued, before.processes]).toEqual([1, 1, 1]);
    expect([...(await world.remote())]).toEqual([...(await world.scan())]);
  });
});
