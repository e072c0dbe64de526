import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test as base } from "vitest";
import { BINARY, Session } from "../helpers/session.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

interface Demo {
  session: Session;
  up: ChildProcess;
  /** What `tiltish up` has printed so far. */
  output: () => string;
}

/** `tiltish up` in a copy of examples/hello, as `npm run demo` does it. */
const test = base.extend<{ demo: Demo }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  demo: async ({}, use) => {
    const directory = await mkdtemp(path.join(tmpdir(), "tiltish-demo-"));
    const session = new Session(directory);
    await cp(path.join(EXAMPLES, "hello"), session.root, { recursive: true });
    const up = spawn(process.execPath, [BINARY, "up"], {
      cwd: session.root,
      env: { ...process.env, ...session.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    for (const stream of [up.stdout, up.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    await use({ session, up, output: () => Buffer.concat(chunks).toString() });
    if (up.exitCode === null) {
      up.kill("SIGTERM");
      await once(up, "exit");
    }
    await rm(directory, { recursive: true, force: true });
  },
});

test("the hello example says what runs, serves, is rebuilt on a save, and stops on Ctrl-C", async ({
  demo,
}) => {
  const { session, up, output } = demo;
  await expect.poll(output, { timeout: 20_000 }).toMatch(/── hello run 1 .* ready/);
  expect(output()).toMatch(/API +https:\/\/127\.0\.0\.1:\d+/);
  expect(output()).toContain("export KUBECONFIG=");
  expect(output()).toMatch(/clock │ it is/);

  const [url] = /http:\/\/localhost:\d+/.exec(output())!;
  const greeting = async () => (await fetch(url)).text();
  expect(await greeting()).toBe("Hello from tiltish\n");

  const source = path.join(session.root, "src/server.mjs");
  const text = await readFile(source, "utf8");
  await writeFile(source, text.replace("Hello from tiltish", "Good morning"));
  await expect.poll(() => greeting().catch(String), { timeout: 20_000 }).toBe("Good morning\n");
  await writeFile(source, `${text}const (`);
  await expect.poll(output, { timeout: 20_000 }).toContain("SyntaxError");
  expect(await greeting()).toBe("Good morning\n");

  up.kill("SIGINT");
  await once(up, "exit");
  await expect(fetch(url)).rejects.toThrow();
});

const served = base.extend<{ session: Session }>({
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
