import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { sh, test } from "./engine.ts";

/** A port that this process listens at. */
async function taken(): Promise<{ port: number; free: () => void }> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return { port: (server.address() as AddressInfo).port, free: () => server.close() };
}

const listen = (port: number | string) => [
  process.execPath,
  "-e",
  `require("net").createServer().listen(${port}, "127.0.0.1")`,
];

describe("a program whose port is in use", () => {
  test("is told who has it, since when and where, and what to do", async ({ engine }) => {
    const { port, free } = await taken();
    const web = engine.run({ argv: listen(port), ports: [{ name: "http", port }] });
    await expect.poll(() => web.observation.state, { timeout: 10_000 }).toBe("Failed");
    const holder = `port ${port} is held by .* \\(pid ${process.pid}, started \\d+[smhd] ago, in ${process.cwd()}\\)`;
    expect(web.observation.message).toMatch(
      new RegExp(`^exited with code 1: ${holder}; .*or set spec\\.ports\\[0\\]\\.port: 0$`),
    );
    expect(await engine.log()).toContain(`[tiltish] exited with code 1: port ${port} is held by`);
    free();
  });

  test("that no spec names is told the same, with another way out", async ({ engine }) => {
    const { port, free } = await taken();
    const script = `echo 'bind: address already in use (0.0.0.0:${port})' >&2; exit 3`;
    const web = engine.run({ argv: sh(script) });
    await expect.poll(() => web.observation.state).toBe("Failed");
    expect(web.observation.message).toContain(`port ${port} is held by`);
    expect(web.observation.message).toContain("spec.ports and $(port:NAME)");
    free();
  });
});

describe("a program that is not found", () => {
  test("is looked for in so many directories, and the package manager of the project is named", async ({
    engine,
  }) => {
    mkdirSync(join(engine.directory, "app"));
    writeFileSync(join(engine.directory, "package.json"), '{"packageManager":"pnpx-ng@10.1.0+sha512.abc"}');
    const env = { PATH: "/nowhere:/neither" };
    const web = engine.run({ argv: ["pnpx-ng"], dir: "app", env });
    await expect.poll(() => web.observation.state).toBe("Failed");
    expect(web.observation.message).toBe(
      'program "pnpx-ng" was not found (looked in 2 directories of PATH): package.json says packageManager pnpx-ng@10.1.0; corepack enable',
    );
  });
});
