import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base } from "vitest";
import type { DockerImage } from "../../apis/v1alpha1/index.ts";
import { SHELL, TestEngine, writeContext } from "../docker/engine.ts";
import { ours, Session } from "../helpers/session.ts";

const LONG = { timeout: 60_000, interval: 100 };

const test = base.extend<{ session: Session }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  session: async ({}, use) => {
    const engine = await TestEngine.start();
    process.env["DOCKER_HOST"] = engine.host;
    const directory = await mkdtemp(join(tmpdir(), "tiltish-verbs-"));
    const session = new Session(directory);
    await writeContext(join(session.root, "api"), { "hello.txt": "one" });
    await session.serve();
    await use(session);
    await session.crash();
    await rm(directory, { recursive: true, force: true });
    await engine.stop();
  },
});

/** Both kinds, each of which takes its time when there is a file called `slow`. */
const IMAGES = {
  "di/api": ours("DockerImage", "api", {
    refs: { config: "api" },
    context: "api",
    network: "none",
    dockerfileContents: `${SHELL}COPY . /all/\nRUN ["/bin/sh", "-c", "[ ! -e /all/slow ] || sleep 300"]\n`,
  }),
  "cim/tool": ours("CustomImage", "tool", {
    refs: { config: "r.invalid/tool" },
    tag: "v1",
    skipsLocalDocker: true,
    commandTemplate: { argv: ["sh", "-c", "echo hello; [ ! -e api/slow ] || sleep 300"] },
  }),
};

for (const [ref, object] of Object.entries(IMAGES))
  test(`tiltish trigger, cancel, stop, start, disable, enable and logs act on ${ref}`, async ({
    session,
  }) => {
    const status = async () =>
      (await session.get<DockerImage>(...(ref.split("/") as [string, string])))?.status;
    const state = async () => (await status())?.state;
    const run = async (...args: string[]) => {
      const { exitCode, stderr } = await session.run(...args, ref);
      expect([args, exitCode, stderr]).toEqual([args, 0, ""]);
    };
    await session.apply(object);
    await expect.poll(state, LONG).toBe("Built");

    await run("trigger", "--wait");
    expect(await status()).toMatchObject({ state: "Built", run: 2 });
    expect((await session.run("logs", ref)).stdout).not.toBe("");

    await writeFile(join(session.root, "api/slow"), "");
    await run("trigger");
    await expect.poll(state, LONG).toBe("Building");
    await run("cancel");
    await expect.poll(state, LONG).toBe("Failed");
    expect((await status())?.error).toBe("canceled by hand");

    await run("trigger");
    await expect.poll(state, LONG).toBe("Building");
    await run("disable");
    await expect.poll(state, LONG).toBe("Disabled");
    await rm(join(session.root, "api/slow"));
    await run("enable");
    await run("trigger", "--wait");
    expect((await status())?.error).toBeUndefined();

    await writeFile(join(session.root, "api/slow"), "");
    await run("trigger");
    await expect.poll(state, LONG).toBe("Building");
    await run("stop");
    await expect.poll(async () => (await status())?.message, LONG).toMatch(/stopped by hand/);
    await rm(join(session.root, "api/slow"));
    await run("start");
    await expect.poll(async () => (await status())?.stopped, LONG).toBeUndefined();
    await expect.poll(state, LONG).toBe("Built");
  });
