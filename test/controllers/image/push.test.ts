import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import type { Client } from "../../../client/index.ts";
import { SHELL } from "../../docker/engine.ts";
import { context, createDocker, logOf, settled, test as base } from "../../docker/fixture.ts";
import { LOGIN, TestRegistry } from "../../docker/registry.ts";

const test = base.extend<{ open: TestRegistry; closed: TestRegistry; config: string }>({
  open: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
    async ({}, use) => {
      const registry = await TestRegistry.start();
      await use(registry);
      await registry.stop();
    },
    { scope: "file" },
  ],
  closed: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
    async ({}, use) => {
      const registry = await TestRegistry.start({ wantsLogin: true });
      await use(registry);
      await registry.stop();
    },
    { scope: "file" },
  ],
  /** Where docker has its logins. */
  config: async ({ root }, use) => {
    const before = process.env["DOCKER_CONFIG"];
    const directory = join(root, "..", "docker-config");
    await mkdir(directory);
    process.env["DOCKER_CONFIG"] = directory;
    await use(directory);
    process.env["DOCKER_CONFIG"] = before;
  },
});

const writeConfig = (directory: string, config: object): Promise<void> =>
  writeFile(join(directory, "config.json"), JSON.stringify(config));

const AUTH = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64");

/** All that anybody may read of an image. */
async function told(client: Client, name: string): Promise<string> {
  const { items } = await client.list(Event, { namespace: "default" });
  return JSON.stringify([await settled(client, name), items]) + (await logOf(client, name));
}

describe("an image with a registry", () => {
  test("IMG-3: is pushed there, and has a reference for this machine and one for the cluster", async ({
    client,
    root,
    open,
  }) => {
    await context(root, "api", { Dockerfile: SHELL });
    const refs = { config: "api", local: `${open.host}/team/api`, cluster: "registry.cluster:5000/team/api" };
    await createDocker(client, "api", { refs });
    const status = await settled(client, "api");
    expect(status.refs).toEqual({
      local: `${open.host}/team/api:${status.tag}`,
      cluster: `registry.cluster:5000/team/api:${status.tag}`,
    });
    expect(await open.tags("team/api")).toEqual([status.tag]);
    expect(await logOf(client, "api")).toMatch(/pushing .*team\/api:tiltish-/);
  });

  test("is not pushed where push is Never", async ({ client, root, open }) => {
    await context(root, "kept", { Dockerfile: SHELL });
    await createDocker(client, "kept", { refs: { config: `${open.host}/kept` }, push: "Never" });
    await settled(client, "kept");
    expect(await open.tags("kept")).toEqual([]);
  });

  test("says that the login is missing, and is pushed by itself when it is there, without building again", async ({
    client,
    root,
    closed,
    config,
  }) => {
    await context(root, "api", { Dockerfile: SHELL });
    await createDocker(client, "api", { refs: { config: `${closed.host}/api` } });
    const failed = await settled(client, "api", { state: "Failed" });
    expect(failed.error).toMatch(new RegExp(`does not let this login push .*; docker login ${closed.host}`));
    expect(failed.conditions).toContainEqual(
      expect.objectContaining({ type: "Ready", reason: "Unauthorized" }),
    );
    expect(failed.refs).toBeUndefined();
    await writeConfig(config, { auths: { [closed.host]: { auth: AUTH } } });
    const { tag } = await settled(client, "api");
    expect(await closed.tags("api")).toEqual([tag]);
    expect(await told(client, "api")).not.toMatch(new RegExp(`${LOGIN.password}|${AUTH}`));
  });

  test("says that the login is wrong, never what it is, and is pushed by itself when it is right", async ({
    client,
    root,
    closed,
    config,
  }) => {
    const wrong = Buffer.from(`${LOGIN.username}:through-the-looking-glass`).toString("base64");
    await writeConfig(config, { auths: { [closed.host]: { auth: wrong } } });
    await context(root, "stranger", { Dockerfile: SHELL });
    await createDocker(client, "stranger", { refs: { config: `${closed.host}/stranger` } });
    const { error, conditions } = await settled(client, "stranger", { state: "Failed" });
    expect(error).toMatch(new RegExp(`does not let this login push .*; docker login ${closed.host}`));
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Ready", reason: "Unauthorized" }));
    await writeConfig(config, { auths: { [closed.host]: { auth: AUTH } } });
    const { tag, stages } = await settled(client, "stranger");
    expect(await closed.tags("stranger")).toEqual([tag]);
    // It was pushed, and not built again.
    expect(stages).toBeUndefined();
    expect(await told(client, "stranger")).not.toMatch(/looking-glass/);
    expect(await told(client, "stranger")).not.toContain(wrong);
  });

  test("takes the login from a credential helper", async ({ client, root, closed, config }) => {
    const helper = join(config, "docker-credential-mine");
    await writeFile(
      helper,
      `#!/bin/sh\nread host; echo "{\\"ServerURL\\":\\"$host\\",\\"Username\\":\\"${LOGIN.username}\\",\\"Secret\\":\\"${LOGIN.password}\\"}"\n`,
    );
    await chmod(helper, 0o755);
    await context(root, "helped", { Dockerfile: SHELL });
    await writeConfig(config, { credHelpers: { [closed.host]: "mine" } });
    await createDocker(client, "helped", { refs: { config: `${closed.host}/helped` } });
    const failed = await settled(client, "helped", { state: "Failed" });
    expect(failed.error).toMatch(/docker-credential-mine gave no login: .*; see that it is on the PATH/);
    const path = process.env["PATH"];
    process.env["PATH"] = `${config}:${path}`;
    const { tag } = await settled(client, "helped");
    process.env["PATH"] = path;
    expect(await closed.tags("helped")).toEqual([tag]);
  });

  test("is built on an image that only a login can pull", async ({
    client,
    root,
    closed,
    config,
    engine,
  }) => {
    await writeConfig(config, { auths: { [closed.host]: { auth: AUTH } } });
    await context(root, "base", { Dockerfile: SHELL });
    await createDocker(client, "base", { refs: { config: `${closed.host}/base` } });
    const { refs } = await settled(client, "base");
    await client.delete((await import("../../../apis/v1alpha1/index.ts")).DockerImage, {
      namespace: "default",
      name: "base",
    });
    await engine.ask("DELETE", `/images/${refs!.local}?force=1`);
    await engine.ask("POST", "/build/prune?all=1");
    await context(root, "top", {
      Dockerfile: `FROM ${refs!.local}\nRUN ["/bin/sh", "-c", "echo top > /top"]\n`,
    });
    await createDocker(client, "top", { pull: true });
    await settled(client, "top");
  });

  test("says that the registry cannot be reached", async ({ client, root }) => {
    await context(root, "api", { Dockerfile: SHELL });
    await createDocker(client, "api", { refs: { config: "127.0.0.1:1/api" } });
    const { error, conditions } = await settled(client, "api", { state: "Failed" });
    expect(error).toMatch(/could not be pushed: .*connection refused; see that 127.0.0.1:1 runs/);
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Ready", reason: "PushFailed" }));
  });
});
