import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base, vi } from "vitest";
import type { DockerImage, LocalProcess } from "../../apis/v1alpha1/index.ts";
import { SHELL, TestEngine, writeContext } from "../docker/engine.ts";
import { Example } from "./example.ts";

const LONG = { timeout: 60_000, interval: 100 };

const docker = (...args: string[]): string =>
  execFileSync("docker", args, {
    encoding: "utf8",
    stdio: "pipe",
    env: { ...process.env, DOCKER_BUILDKIT: "0" },
  });

/** An engine that has the base image of the example, and no network of its own. */
const test = base.extend<{ engine: TestEngine }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  engine: async ({}, use) => {
    const engine = await TestEngine.start();
    const directory = await mkdtemp(join(tmpdir(), "tiltish-busybox-"));
    vi.stubEnv("DOCKER_HOST", engine.host);
    vi.stubEnv("NETWORK", "host");
    await writeContext(directory, { Dockerfile: SHELL });
    docker("build", "--quiet", "--network", "none", "--tag", "busybox:stable", directory);
    await use(engine);
    vi.unstubAllEnvs();
    await engine.stop();
    await rm(directory, { recursive: true, force: true });
  },
});

test("the image-sync example runs its image, and a save is live in the container without a build", async ({
  engine: _,
}) => {
  const example = await Example.open("image-sync");
  const { session } = example;
  const promised = await example.promised();
  expect(promised).toEqual({ "di/page": "Built", "lr/web": "Serving" });
  await expect.poll(() => example.states(Object.keys(promised)), LONG).toEqual(promised);
  await expect.poll(() => example.answer("web-serve"), LONG).toContain("Hello from a container");
  const run = async () => (await session.get<DockerImage>("di", "page"))?.status?.run;
  const pid = async () => (await session.get<LocalProcess>("lp", "web-serve"))?.status?.pid;
  const [firstRun, firstPid] = [await run(), await pid()];

  await example.replace("www/index.html", "Hello from a container", "Saved");
  await expect.poll(() => example.answer("web-serve"), LONG).toContain("Saved");
  expect([await run(), await pid()]).toEqual([firstRun, firstPid]);
  await expect.poll(() => example.output, LONG).toContain("1 file into container tiltish-example-page");

  docker("rm", "--force", "tiltish-example-page");
  await expect.poll(pid, LONG).not.toBe(firstPid);
  await expect.poll(() => example.answer("web-serve"), LONG).toContain("Saved");
  expect(await run()).toBe(firstRun);

  await example.replace("Dockerfile", "COPY www /www", "ENV BUILT=again\nCOPY www /www");
  await expect.poll(run, LONG).toBe(firstRun! + 1);
  await expect.poll(() => example.answer("web-serve"), LONG).toContain("Saved");
  await example.end("SIGINT");
  expect(await example.processes()).toEqual([]);
  expect(docker("ps", "--all", "--quiet")).toBe("");
});
