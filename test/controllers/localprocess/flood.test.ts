import { expect } from "vitest";
import { sh } from "./engine.ts";
import { test } from "./world.ts";

const MIB = 1024 * 1024;

test(
  "a child that floods its output disturbs nobody: others write, start and are answered meanwhile, in bounded memory",
  { timeout: 120_000 },
  async ({ world }) => {
    const before = process.memoryUsage().rss;
    await world.create("flood", { argv: sh("yes flooding the log | head -c 200000000; echo; echo over") });
    await world.reaches("flood", "Running");
    await world.create("web", {
      argv: sh("while [ ! -e go ]; do sleep 0.02; done; echo line; exec sleep 600"),
    });
    await world.reaches("web", "Running");
    await world.create("go", { argv: ["touch", "go"] });
    await expect.poll(() => world.log("web")).toBe("line\n");
    await world.patch("web", { spec: { env: { A: "1" } } });
    await world.reaches("web", "Running", 2);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
    await expect
      .poll(() => world.status("flood"), { timeout: 90_000 })
      .toMatchObject({ state: "Succeeded", exitCode: 0 });
    expect(await world.log("flood", { tailLines: 1 })).toBe("over\n");
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
  },
);
