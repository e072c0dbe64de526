import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { DockerImage } from "../../../apis/v1alpha1/index.ts";
import { SHELL } from "../../docker/engine.ts";
import { ask, context, createDocker, logOf, settled, test } from "../../docker/fixture.ts";
import { openTestInstance } from "../../helpers/instance.ts";

const HELLO = { Dockerfile: `${SHELL}COPY hello.txt /\n`, "hello.txt": "hi" };
const SLOW = { Dockerfile: `${SHELL}RUN ["/bin/sleep", "300"]\n` };

describe("a DockerImage", () => {
  test("IMG-1: is built from its context, with its reference and finished stages in the status", async ({
    client,
    root,
    engine,
  }) => {
    await context(root, "api", HELLO);
    await createDocker(client, "api");
    const { refs, digest = "", error, stages = [] } = await settled(client, "api");
    expect(refs).toEqual({ local: `api:tiltish-${digest.slice(7, 23)}`, cluster: refs?.local });
    expect(error).toBeUndefined();
    expect(stages.map(({ name }) => name)).toContain("[3/3] COPY hello.txt /");
    expect(stages.every(({ startTime, finishTime, error }) => startTime && finishTime && !error)).toBe(true);
    expect(await engine.run(refs!.local!, ["cat", "/hello.txt"])).toBe("hi");
  });

  test("IMG-16: that was applied through the API alone is built again when a file changes, and not when none does", async ({
    client,
    root,
    engine,
  }) => {
    await context(root, "api", { ...HELLO, ".dockerignore": "notes\n" });
    await createDocker(client, "api");
    const first = await settled(client, "api");
    await writeFile(join(root, "api", "hello.txt"), "ho");
    const second = await settled(client, "api", { run: 2 });
    expect(second.cause).toMatchObject({ type: "FileChange", files: ["hello.txt"] });
    expect(second.digest).not.toBe(first.digest);
    expect(second.stages?.find(({ name }) => name.includes("--install"))).toMatchObject({ cached: true });
    expect(await engine.run(second.refs!.local!, ["cat", "/hello.txt"])).toBe("ho");
    await writeFile(join(root, "api", "notes"), "still of no concern");
    // Back to what was built before that: the context is another one than the last, and the image the first one.
    await writeFile(join(root, "api", "hello.txt"), "hi");
    expect((await settled(client, "api", { run: 3 })).digest).toBe(first.digest);
  });

  test("whose image is still there is not built again after a restart of tiltish", async ({
    root,
    instance,
  }) => {
    await context(root, "api", HELLO);
    await createDocker(instance.client, "api");
    const before = await settled(instance.client, "api");
    await instance.close();
    const again = await openTestInstance(root);
    // Whoever is built after it has been looked at after it.
    await context(root, "later", HELLO);
    await createDocker(again.client, "later");
    await settled(again.client, "later");
    const after = await settled(again.client, "api");
    await again.close();
    expect(after).toMatchObject({ run: 1, startTime: before.startTime, digest: before.digest });
  });

  test("IMG-12: whose image was removed is built again", async ({ client, root, engine }) => {
    await context(root, "api", HELLO);
    await createDocker(client, "api");
    const { refs } = await settled(client, "api");
    await engine.ask("DELETE", `/images/${refs!.local}`);
    await settled(client, "api", { run: 2 });
    expect(await engine.image(refs!.local!)).toBeDefined();
  });

  test("whose build fails says which step, keeps what was built before, and is built when that is mended", async ({
    client,
    root,
  }) => {
    await context(root, "api", HELLO);
    await createDocker(client, "api");
    const good = await settled(client, "api");
    const broken = `${SHELL}RUN ["/bin/sh", "-c", "echo no such luck; exit 3"]\n`;
    await writeFile(join(root, "api", "Dockerfile"), broken);
    const failed = await settled(client, "api", { state: "Failed", run: 2 });
    expect(failed.error).toMatch(/exit code: 3[^]*no such luck/);
    expect(failed.stages?.at(-1)?.error).toMatch(/exit code: 3/);
    expect(failed).toMatchObject({ refs: good.refs, digest: good.digest });
    expect(failed.conditions).toContainEqual(
      expect.objectContaining({ type: "Ready", status: "False", reason: "BuildFailed" }),
    );
    expect(await logOf(client, "api")).toMatch(/no such luck/);
    await writeFile(join(root, "api", "Dockerfile"), HELLO.Dockerfile);
    expect((await settled(client, "api")).error).toBeUndefined();
  });

  test("waits for its context and its Dockerfile, says what to do, and is built when they are there", async ({
    client,
    root,
  }) => {
    await createDocker(client, "api");
    const missing = await settled(client, "api", { state: "Failed" });
    expect(missing.error).toMatch(/context .*api does not exist; create it/);
    await context(root, "api", { "hello.txt": "hi" });
    await expect
      .poll(() => settled(client, "api", { state: "Failed" }))
      .toMatchObject({
        error: expect.stringMatching(/Dockerfile .* cannot be read: .*; create it/),
      });
    await writeFile(join(root, "api", "Dockerfile"), HELLO.Dockerfile);
    await settled(client, "api");
  });

  test("a Dockerfile that is none fails with what the engine says of it", async ({ client, root }) => {
    await context(root, "api", { Dockerfile: "FROM scratch\nNONSENSE\n" });
    await createDocker(client, "api");
    const { error } = await settled(client, "api", { state: "Failed" });
    expect(error).toMatch(/unknown instruction: NONSENSE/);
  });

  test("says that the engine cannot be reached, and what to do, and is built when it can", async ({
    client,
    root,
    engine,
  }) => {
    process.env["DOCKER_HOST"] = "unix:///nonexistent/docker.sock";
    await context(root, "api", HELLO);
    await createDocker(client, "api");
    const { error, conditions } = await settled(client, "api", { state: "Failed" });
    expect(error).toMatch(
      /unix:\/\/\/nonexistent\/docker.sock \(DOCKER_HOST\) .*start Docker, or set DOCKER_HOST/,
    );
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: "Ready", reason: "EngineUnreachable" }),
    );
    process.env["DOCKER_HOST"] = engine.host;
    await settled(client, "api");
  });

  test("that is canceled ends, says so, and is built again on request", async ({ client, root }) => {
    await context(root, "api", SLOW);
    await createDocker(client, "api");
    await settled(client, "api", { state: "Building" });
    await ask(client, "api", "Cancel");
    const { error, finishTime } = await settled(client, "api", { state: "Failed" });
    expect(error).toBe("canceled by hand");
    expect(finishTime).toBeDefined();
    await ask(client, "api", "Trigger");
    await settled(client, "api", { state: "Building", run: 2 });
    await client.patch(DockerImage, { namespace: "default", name: "api" }, { spec: { disabled: true } });
    await settled(client, "api", { state: "Disabled" });
  });

  test("with triggerMode Manual is built once, tells of changes, and is built when asked", async ({
    client,
    root,
  }) => {
    await context(root, "api", HELLO);
    await createDocker(client, "api", { triggerMode: "Manual" });
    const first = await settled(client, "api", { run: 1 });
    await writeFile(join(root, "api", "hello.txt"), "ho");
    await expect
      .poll(async () => (await settled(client, "api")).message)
      .toBe("hello.txt changed; build it with: tiltish trigger api");
    await ask(client, "api", "Trigger");
    const second = await settled(client, "api", { run: 2 });
    expect(second.digest).not.toBe(first.digest);
    expect(second.message).toBeUndefined();
  });

  test("keeps of its older tags the newest few, and the one that it has now", async ({
    client,
    root,
    engine,
  }) => {
    await context(root, "many", HELLO);
    await createDocker(client, "many");
    const first = await settled(client, "many", { run: 1 });
    for (let run = 2; run <= 7; run++) {
      await writeFile(join(root, "many", "hello.txt"), `hi ${run}`);
      await settled(client, "many", { run });
    }
    expect(await engine.image(first.refs!.local!)).toBeUndefined();
    await writeFile(join(root, "many", "hello.txt"), "hi 4");
    const last = await settled(client, "many", { run: 8 });
    expect((await engine.image(last.refs!.local!))?.Id).toBe(last.digest);
  });

  test("keeps the tag that another one of the same repository has now, however old it is", async ({
    client,
    root,
    engine,
  }) => {
    const refs = { config: "shared" };
    await context(root, "quiet", { ...HELLO, "hello.txt": "quiet" });
    await context(root, "busy", HELLO);
    await createDocker(client, "quiet", { refs });
    const quiet = await settled(client, "quiet");
    await createDocker(client, "busy", { refs });
    const first = await settled(client, "busy", { run: 1 });
    for (let run = 2; run <= 7; run++) {
      await writeFile(join(root, "busy", "hello.txt"), `busy ${run}`);
      await settled(client, "busy", { run });
    }
    expect(await engine.image(first.refs!.local!)).toBeUndefined();
    expect((await engine.image(quiet.refs!.local!))?.Id).toBe(quiet.digest);
    expect(await settled(client, "quiet")).toMatchObject({ run: 1 });
  });

  test("more of them than are built at once wait for their turn, and all are built", async ({
    client,
    root,
  }) => {
    const names = ["a", "b", "c", "d", "e", "f"].map((letter) => `turn-${letter}`);
    for (const name of names) await context(root, name, { ...HELLO, "hello.txt": name });
    await Promise.all(names.map((name) => createDocker(client, name)));
    for (const name of names) await settled(client, name, { run: 1 });
  });

  test("that is deleted in the middle of a build is gone, and its build with it", async ({
    client,
    root,
  }) => {
    await context(root, "api", SLOW);
    await createDocker(client, "api");
    await settled(client, "api", { state: "Building" });
    await client.delete(DockerImage, { namespace: "default", name: "api" });
    await rm(join(root, "api"), { recursive: true });
    await expect.poll(() => client.get(DockerImage, { namespace: "default", name: "api" })).toBeUndefined();
  });
});
