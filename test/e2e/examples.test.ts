import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { Session } from "../helpers/session.ts";
import { Example } from "./example.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

/** Long enough for a machine that does something else as well. */
const LONG = { timeout: 60_000, interval: 300 };

async function reachesWhatItsReadmeSays(example: Example): Promise<void> {
  const promised = await example.promised();
  expect(Object.keys(promised)).not.toEqual([]);
  await expect.poll(() => example.states(Object.keys(promised)), LONG).toEqual(promised);
}

async function endsWithout(example: Example): Promise<void> {
  expect((await example.processes()).length).toBeGreaterThan(0);
  expect(await example.down()).toMatchObject({ exitCode: 0 });
  expect(await example.processes()).toEqual([]);
}

test("the hello example says what runs, serves, is rebuilt on a save, and stops on Ctrl-C", async () => {
  const hello = await Example.open("hello");
  const output = () => hello.output;
  await expect.poll(output, LONG).toMatch(/── hello run 1 .* ready/);
  expect(output()).toMatch(/API +https:\/\/127\.0\.0\.1:\d+/);
  expect(output()).toContain("export KUBECONFIG=");
  expect(output()).toMatch(/clock │ it is/);

  const [url] = /http:\/\/localhost:\d+/.exec(output())!;
  const greeting = async () => (await fetch(url)).text();
  expect(await greeting()).toBe("Hello from tiltish\n");

  await hello.replace("src/server.mjs", "Hello from tiltish", "Good morning");
  await expect.poll(() => greeting().catch(String), LONG).toBe("Good morning\n");
  await hello.replace("src/server.mjs", /$/, "const (");
  await expect.poll(output, LONG).toContain("SyntaxError");
  expect(await greeting()).toBe("Good morning\n");

  await hello.end("SIGINT");
  await expect(fetch(url)).rejects.toThrow();
});

test("the web-api-db example starts in order, serves what is saved, and heals a database that was killed", async () => {
  const shop = await Example.open("web-api-db", [7432, 7480]);
  await reachesWhatItsReadmeSays(shop);
  expect(await shop.answer("web-serve")).toMatch(/The shop.*Tea: seen \d+ times/);

  await shop.replace("api/server.mjs", '"Tea"', '"Coffee"');
  await expect.poll(() => shop.answer("web-serve"), LONG).toContain("Coffee: seen");
  await shop.replace("web/server.mjs", '"The shop"', '"The café"');
  await expect.poll(() => shop.answer("web-serve"), LONG).toContain("The café");

  const database = await shop.session.get<{ status: { pid: number } }>("lp", "db");
  process.kill(database!.status.pid, "SIGKILL");
  const run = async () => (await shop.session.get<{ status: { run: number } }>("lp", "db"))?.status.run;
  await expect.poll(run, LONG).toBe(2);
  await reachesWhatItsReadmeSays(shop);
  await expect.poll(() => shop.answer("web-serve"), LONG).toContain("Coffee: seen");
  await endsWithout(shop);
});

const GREETINGS = [
  ["node", "node/server.mjs"],
  ["python", "python/server.py"],
  ["c", "c/server.c"],
] as const;

test("the polyglot example builds and serves node, python and C, and again what is saved", async () => {
  const polyglot = await Example.open("polyglot");
  await reachesWhatItsReadmeSays(polyglot);
  for (const [name, file] of GREETINGS) {
    expect(await polyglot.answer(`${name}-serve`)).toMatch(/^Hello from \w+\n$/);
    await polyglot.replace(file, /Hello from \w+/, `Saved in ${name}`);
    await expect.poll(() => polyglot.answer(`${name}-serve`), LONG).toBe(`Saved in ${name}\n`);
  }
  await polyglot.replace("c/server.c", "accept(door, NULL, NULL);", "accept(door, NULL, NULL)");
  await expect.poll(() => polyglot.states(["lr/c"]), LONG).toEqual({ "lr/c": "Failed" });
  expect(await polyglot.answer("c-serve")).toBe("Saved in c\n");
  await endsWithout(polyglot);
});

test("the monorepo example is what its generator writes", async () => {
  const monorepo = path.join(EXAMPLES, "monorepo");
  const target = await mkdtemp(path.join(tmpdir(), "tiltish-generated-"));
  onTestFinished(() => rm(target, { recursive: true }));
  expect(spawnSync("node", [path.join(monorepo, "generate.mjs"), target]).status).toBe(0);
  const text = (at: string, file: string) => readFile(path.join(at, file), "utf8");
  const files = (await readdir(target, { recursive: true })).filter((file) => /\.(mjs|yaml)$/.test(file));
  expect(files).toHaveLength(41);
  for (const file of files) expect(await text(target, file)).toBe(await text(monorepo, file));
});

test("the monorepo example builds its 40 packages, and what is built upon one that is saved", async () => {
  const monorepo = await Example.open("monorepo");
  await reachesWhatItsReadmeSays(monorepo);
  const count = async (...args: string[]) =>
    (await monorepo.session.run("get", "lr", "-o", "name", ...args)).stdout.split("\n").filter(Boolean)
      .length;
  expect([await count(), await count("-l", "layer=app"), await count("-l", "team=pay")]).toEqual([40, 4, 10]);

  expect(await monorepo.answer("app-web-serve")).toContain("lib-text@1");
  await monorepo.replace("packages/lib-text/index.mjs", "version = 1", "version = 2");
  await expect.poll(() => monorepo.answer("app-web-serve"), LONG).toContain("lib-text@2");
  await endsWithout(monorepo);
});

test("the crashloop example fails in every way that its README names, and is mended by a save", async () => {
  const crashloop = await Example.open("crashloop", [7490]);
  await reachesWhatItsReadmeSays(crashloop);
  await crashloop.replace("src/greeting.txt", /^/, "mended");
  await expect.poll(() => crashloop.answer("build-fails-serve"), LONG).toBe("mended");
  await endsWithout(crashloop);
});

const served = test.extend<{ session: Session }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  session: async ({}, use) => {
    const directory = await mkdtemp(path.join(tmpdir(), "tiltish-crd-"));
    const session = new Session(directory);
    await cp(path.join(EXAMPLES, "custom-resources"), session.root, { recursive: true });
    await session.serve();
    await use(session);
    await session.stop();
    await rm(directory, { recursive: true, force: true });
  },
});

served(
  "the custom-resources example is served, filled in, explained, scaled and held to its rules",
  async ({ session }) => {
    const kubectl = async (...args: string[]) => {
      const { stdout, stderr } = await session.kubectl(...args);
      return `${stdout}\n${stderr}`;
    };
    expect(await kubectl("apply", "-f", "definition.yaml")).toContain("previews.example.com created");
    await kubectl("wait", "--for=condition=Established", "crd/previews.example.com");
    expect(await kubectl("apply", "-f", "previews.yaml")).toContain("preview.example.com/search created");
    const table = await kubectl("get", "previews");
    expect(table).toMatch(/^NAME +BRANCH +WANTED +READY +AGE$/m);
    expect(table).toMatch(/^login +feature\/login +1 /m);
    expect(await kubectl("explain", "preview.spec.branch")).toContain("Branch to show.");
    expect(await kubectl("scale", "preview", "login", "--replicas=2")).toContain("scaled");
    const found = await kubectl("get", "pv", "--field-selector", "spec.branch=feature/login", "-o", "name");
    expect(found.trim()).toBe("preview.example.com/login");
    expect(await kubectl("scale", "preview", "login", "--replicas=3")).toContain("three or more may live");
    const branch = '{"spec":{"branch":"main"}}';
    expect(await kubectl("patch", "preview", "login", "--type=merge", "-p", branch)).toContain("one branch");
    const status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
    await kubectl("patch", "preview", "login", "--subresource=status", "--type=merge", "-p", status);
    expect(await kubectl("wait", "--for=condition=Ready", "preview/login")).toContain("condition met");
    expect((await session.run("get", "previews")).stdout).toMatch(/^login +feature\/login +2 +True/m);
    await session.stop();
    await session.serve();
    expect(await kubectl("get", "all")).toContain("preview.example.com/login");
    expect(await kubectl("delete", "crd", "previews.example.com")).toContain("deleted");
    expect(await kubectl("get", "previews")).toMatch(/the server (could not find|doesn't have)/);
  },
);
