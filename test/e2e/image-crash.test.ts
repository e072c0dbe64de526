import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base } from "vitest";
import type { DockerImage } from "../../apis/v1alpha1/index.ts";
import { SHELL, TestEngine, writeContext } from "../docker/engine.ts";
import { ours, Session } from "../helpers/session.ts";

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

const api = (dockerfileContents: string) =>
  ours("DockerImage", "api", {
    refs: { config: "api" },
    context: "api",
    network: "none",
    dockerfileContents,
  });

const statusOf = async (session: Session) => (await session.get<DockerImage>("di", "api"))?.status ?? {};

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
