import { describe, expect } from "vitest";
import { PodMetrics } from "../../../apis/views/podmetrics.ts";
import { sh } from "./engine.ts";
import { test, type World } from "./world.ts";

const usageOf = async ({ client }: World, name = "web") =>
  (await client.get(PodMetrics, name))?.containers?.[0]?.usage;

const cpuOf = async (world: World) => parseInt((await usageOf(world))?.["cpu"] ?? "0", 10);
const memoryOf = async (world: World) => parseInt((await usageOf(world))?.["memory"] ?? "0", 10);

describe("the metrics of a process", () => {
  test("count what its children use, too", async ({ world }) => {
    await world.create("web", { argv: sh("(while :; do :; done) & exec sleep 600") });
    await world.reaches("web", "Running");
    await expect.poll(() => cpuOf(world)).toBeGreaterThan(50_000_000);
    expect(await memoryOf(world)).toBeGreaterThan(500);
  });

  test("tell of memory while it is held", async ({ world }) => {
    const program = "const a = Buffer.alloc(100e6, 1); setInterval(() => a, 1000)";
    await world.create("web", { argv: [process.execPath, "-e", program] });
    await expect.poll(() => memoryOf(world)).toBeGreaterThan(100_000);
  });

  test("are there for every process, write nothing, and name no container where none runs", async ({
    world,
    client,
  }) => {
    await world.create("web", { argv: ["true"] });
    await world.create("idle", { argv: ["sleep", "600"] });
    await world.reaches("web", "Succeeded");
    await world.reaches("idle", "Running");
    const before = (await client.list(PodMetrics)).metadata.resourceVersion;
    const { items, metadata } = await client.list(PodMetrics);
    const names = items.map(({ metadata: { name }, containers }) => [name, containers?.length]);
    expect(names).toEqual([
      ["idle", 1],
      ["web", 0],
    ]);
    expect(metadata.resourceVersion).toBe(before);
  });
});
