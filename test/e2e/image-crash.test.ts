import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test as base } from "vitest";
import type { DockerImage } from "../../apis/v1alpha1/index.ts";
import { fileIn, start } from "../controllers/image/live.fixture.ts";
import { TestRegistry } from "../docker/registry.ts";
import { SHELL, TestEngine, writeContext } from "../docker/engine.ts";
import { ours, Session } from "../helpers/session.ts";

const MAKE = fileURLToPath(new URL("../docker/make-image.mjs", import.meta.url));

const LONG = { timeout: 60_000, interval: 100 };

const test = base.extend<{ engine: TestEngine; session: Session }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  engine: async ({}, use) => {
    const engine = await TestEngine.start();
    process.env["DOCKER_HOST"] = engine.host;
    await use(engine);
    await engine.stop();
  },
  session: async ({ engine: _ }, use) => {
    const directory = await mkdtemp(join(tmpdir(), "tiltish-image-"));
    const session = new Session(directory);
    await writeContext(join(session.root, "api"), { "hello.txt": "one" });
    await use(session);
    await session.crash();
    await rm(directory, { recursive: true, force: true });
  },
});

const api = (dockerfileContents: string, more: object = {}) =>
  ours("DockerImage", "api", {
    refs: { config: "api" },
    context: "api",
    network: "none",
    dockerfileContents,
    ...more,
  });

type Status = NonNullable<DockerImage["status"]>;

const statusOf = async (session: Session, kind = "di", name = "api"): Promise<Status> =>
  (await session.get<DockerImage>(kind, name))?.status ?? {};

test("a build in the middle of which tiltish was killed is not shown for ever, and is done after the restart", async ({
  session,
  engine,
}) => {
  await session.serve();
  const slow = `${SHELL}COPY hello.txt /hello.txt\nRUN ["/bin/sleep", "8"]\n`;
  await session.apply(api(slow));
  await expect.poll(async () => (await statusOf(session)).state, LONG).toBe("Building");
  const before = await statusOf(session);
  await session.crash();
  await session.serve();
  await expect.poll(async () => (await statusOf(session)).state, LONG).toBe("Built");
  const after = await statusOf(session);
  expect(after.finishTime).toBeDefined();
  expect(after.startTime).not.toBe(before.startTime);
  expect(await engine.image(after.refs!.local!)).toBeDefined();
});

test("a command of a CustomImage in the middle of which tiltish was killed ends with it, and is run again", async ({
  session,
  engine,
}) => {
  await session.serve();
  const make = [process.execPath, MAKE].join(" ");
  const argv = ["sh", "-c", `echo $$ >> pids; ${make}; [ -e again ] || { touch again; exec sleep 300; }`];
  await session.apply(ours("CustomImage", "tool", { refs: { config: "tool" }, commandTemplate: { argv } }));
  const pids = async () =>
    (await readFile(join(session.root, "pids"), "utf8").catch(() => "")).trim().split("\n");
  await expect.poll(() => existsSync(join(session.root, "again")), LONG).toBe(true);
  await session.crash();
  await session.serve();
  await expect.poll(async () => (await statusOf(session, "cim", "tool")).state, LONG).toBe("Built");
  const { refs, digest } = await statusOf(session, "cim", "tool");
  expect((await engine.image(refs!.local!))?.Id).toBe(digest);
  expect((await pids()).length).toBeGreaterThanOrEqual(2);
  // Who has ended, and was not asked how, has no command line.
  const commandOf = (pid: string) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  for (const pid of await pids()) expect(await commandOf(pid)).toBe("");
  // Nothing is left of the names that both commands have made.
  const { body } = await engine.ask("GET", "/images/json");
  expect((body as { RepoTags: string[] }[]).flatMap(({ RepoTags }) => RepoTags ?? [])).toEqual([refs!.local]);
});

test("a push in the middle of which tiltish was killed is done after the restart, and nothing is built again", async ({
  session,
}) => {
  const registry = await TestRegistry.start();
  const relay = await Relay.open(Number(registry.host.split(":")[1]));
  onTestFinished(async () => {
    relay.close();
    await registry.stop();
  });
  await session.serve();
  await session.apply(api(SHELL, { refs: { config: `127.0.0.1:${relay.port}/api` } }));
  await expect.poll(async () => (await statusOf(session)).state, LONG).toBe("Pushing");
  await expect.poll(() => relay.waiting, LONG).toBeGreaterThan(0);
  await session.crash();
  relay.release();
  await session.serve();
  await expect.poll(async () => (await statusOf(session)).state, LONG).toBe("Built");
  const { tag, stages = [] } = await statusOf(session);
  expect(await registry.tags("api")).toEqual([tag]);
  expect(stages.filter(({ cached, name }) => !cached && /^\[\d/.test(name))).toEqual([]);
});

test("a live update in the middle of which tiltish was killed is made good by a build", async ({
  session,
  engine,
}) => {
  await session.serve();
  const liveUpdate = { sync: [{ from: "src", to: "/app" }], run: [{ command: ["sleep", "300"] }] };
  await writeContext(join(session.root, "api"), { "src/a.txt": "one" });
  const lines = `${SHELL}COPY src /app\nCMD ["sleep", "1000"]\n`;
  await session.apply(api(lines, { liveUpdate }));
  await expect.poll(async () => (await statusOf(session)).state, LONG).toBe("Built");
  const { refs } = await statusOf(session);
  const id = await start(engine, refs!.local!);
  await writeFile(join(session.root, "api/src/a.txt"), "two");
  await expect.poll(() => fileIn(engine, id, "/app/a.txt"), LONG).toBe("two");
  await session.crash();
  await session.serve();
  await expect.poll(async () => (await statusOf(session)).run, LONG).toBe(2);
  await expect.poll(async () => (await statusOf(session)).state, LONG).toBe("Built");
  const after = await statusOf(session);
  expect(await engine.run(after.refs!.local!, ["cat", "/app/a.txt"])).toBe("two");
  expect(after.liveUpdate?.state).not.toBe("Syncing");
});

/** A way to a port that lets nothing through at first. */
class Relay {
  readonly #server: Server;
  readonly #held: (() => void)[] = [];
  #isOpen = false;

  private constructor(to: number) {
    this.#server = createServer((near) => {
      near.on("error", () => undefined);
      const join = (): void => {
        const far = connect(to, "127.0.0.1");
        far.on("error", () => near.destroy());
        near.pipe(far).pipe(near);
      };
      if (this.#isOpen) join();
      else this.#held.push(join);
    });
  }

  static async open(to: number): Promise<Relay> {
    const relay = new Relay(to);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get waiting(): number {
    return this.#held.length;
  }

  release(): void {
    this.#isOpen = true;
    for (const join of this.#held.splice(0)) join();
  }

  close(): void {
    this.#server.close();
  }
}
