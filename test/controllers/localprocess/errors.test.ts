import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { PortClaims } from "../../../controllers/localprocess/os/port-claims.ts";
import { PortAllocator } from "../../../controllers/localprocess/ports.ts";
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

describe("a port that is chosen", () => {
  const ports = [{ name: "http", port: 0 }];

  test("is chosen for nobody else on this machine until it is given back", async ({ engine }) => {
    const directory = join(engine.directory, "claims");
    const mine = new PortAllocator(new PortClaims(directory));
    const { http } = await mine.allocate("mine", ports);
    // Another server, which lives: it is the one that runs this test.
    writeFileSync(join(directory, String(http)), `${process.ppid} ${startTicksOf(process.ppid)}`);
    const other = await new PortAllocator(new PortClaims(directory)).allocate("other", ports, {
      http: http!,
    });
    expect(other["http"]).not.toBe(http);
    mine.release("mine");
    expect(readdirSync(directory)).toHaveLength(2); // what another has claimed is not ours to give back
  });

  test("of a server that is gone can be had again", async ({ engine }) => {
    const directory = join(engine.directory, "claims");
    const claims = new PortClaims(directory);
    const { http } = await new PortAllocator(claims).allocate("a", ports);
    writeFileSync(join(directory, String(http)), `${process.pid} 1`);
    expect(claims.take(http!)).toBe(true);
    claims.release(http!);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("is chosen as before where no claim can be written", async () => {
    const chosen = await new PortAllocator(new PortClaims("/proc/self/none")).allocate("a", ports);
    expect(chosen["http"]).toBeGreaterThan(0);
  });
});

const startTicksOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)!.split(" ")[19]!;
