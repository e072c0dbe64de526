import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { CustomImage, DockerImage, LocalResource } from "../../../apis/v1alpha1/index.ts";
import { SHELL } from "../../docker/engine.ts";
import { ask, context, createDocker, settled, test } from "../../docker/fixture.ts";

const BASE = { Dockerfile: `${SHELL}COPY base.txt /base\n`, "base.txt": "base 1" };
const TOP = { Dockerfile: "FROM base AS top\nCOPY top.txt /top\n", "top.txt": "top 1" };
const refTo = (name: string) => [{ kind: "DockerImage" as const, name }];

const withBase = async (root: string): Promise<void> => {
  await context(root, "base", BASE);
  await context(root, "top", TOP);
};

describe("images that are built from each other", () => {
  test("IMG-14: the second alone is built when only it is dirty, and both when the first is", async ({
    client,
    root,
    engine,
  }) => {
    await withBase(root);
    // The dependent first: it waits.
    await createDocker(client, "top", { imageRefs: refTo("base") });
    const waiting = await settled(client, "top", { state: "Waiting" });
    expect(waiting.message).toMatch(/waits for DockerImage\/base \(it does not exist; create it/);
    await createDocker(client, "base");
    const [base, top] = [await settled(client, "base"), await settled(client, "top")];
    expect(top.images).toEqual({ "DockerImage/base": base.digest });
    await writeFile(join(root, "top", "top.txt"), "top 2");
    const second = await settled(client, "top", { run: 2 });
    expect(await engine.run(second.refs!.local!, ["sh", "-c", "cat /base /top"])).toBe("base 1top 2");
    expect((await settled(client, "base")).run).toBe(1);
    await writeFile(join(root, "base", "base.txt"), "base 2");
    const third = await settled(client, "top", { run: 3 });
    expect(third.cause).toMatchObject({ type: "Dependency", object: "DockerImage/base" });
    expect(await engine.run(third.refs!.local!, ["sh", "-c", "cat /base /top"])).toBe("base 2top 2");
    expect(await readFile(join(root, "top", "Dockerfile"), "utf8")).toBe(TOP.Dockerfile);
  });

  test("IMG-13: a base that two are built from is built once, IMG-11: and not again with either of them", async ({
    client,
    root,
  }) => {
    await withBase(root);
    await createDocker(client, "top", { imageRefs: refTo("base") });
    await createDocker(client, "other", { context: "top", imageRefs: refTo("base") });
    await createDocker(client, "base");
    await Promise.all([settled(client, "top"), settled(client, "other")]);
    await ask(client, "other", "Trigger");
    await settled(client, "other", { run: 2 });
    expect((await settled(client, "base")).run).toBe(1);
    expect((await settled(client, "top")).run).toBe(1);
  });

  test("IMG-12: a base whose image was removed is built again, and what is built from it as well", async ({
    client,
    root,
    engine,
  }) => {
    await withBase(root);
    await createDocker(client, "base");
    await createDocker(client, "top", { imageRefs: refTo("base") });
    const base = await settled(client, "base");
    const top = await settled(client, "top");
    for (const { refs } of [top, base]) await engine.ask("DELETE", `/images/${refs!.local}?force=1`);
    await engine.ask("POST", "/build/prune?all=1");
    const runs = async () =>
      Promise.all(["base", "top"].map(async (name) => (await settled(client, name)).run! > 1));
    await expect.poll(runs, { timeout: 20_000 }).toEqual([true, true]);
    const [again, { refs, images }] = [await settled(client, "base"), await settled(client, "top")];
    expect(images).toEqual({ "DockerImage/base": again.digest });
    expect(await engine.run(refs!.local!, ["cat", "/base"])).toBe("base 1");
  });

  test("a base is replaced in copies and arguments, and stages and other images are left alone", async ({
    client,
    root,
    engine,
  }) => {
    await context(root, "base", BASE);
    const Dockerfile = `ARG FIRST=base:latest
ARG TILTISH_IMAGE_BASE
FROM $FIRST AS a
FROM \${TILTISH_IMAGE_BASE} AS b
FROM scratch AS c
COPY --from=a /base /one
COPY --from=base /base /two
COPY --from=b /bin /bin
RUN --mount=type=bind,from=base,source=/base,target=/m ["/bin/cp", "/m", "/three"]
`;
    await context(root, "top", { Dockerfile });
    await createDocker(client, "base");
    await createDocker(client, "top", { imageRefs: refTo("base") });
    const { refs } = await settled(client, "top");
    expect(await engine.run(refs!.local!, ["cat", "/one", "/two", "/three"])).toBe("base 1base 1base 1");
  });
});

describe("a LocalResource with images", () => {
  test("waits for them, gets their references, and runs again when one was built anew", async ({
    client,
    root,
  }) => {
    await context(root, "base", BASE);
    const buildTemplate = { argv: ["sh", "-c", "echo $TILTISH_IMAGE_BASE >> seen"] };
    const serveTemplate = { argv: ["sh", "-c", "echo $TILTISH_IMAGE_BASE > served; exec sleep 300"] };
    const spec = { imageRefs: refTo("base"), buildTemplate, serveTemplate };
    await client.create(LocalResource, { namespace: "default", name: "app" }, spec);
    const status = async () =>
      (await client.get(LocalResource, { namespace: "default", name: "app" }))?.status;
    await expect
      .poll(async () => (await status())?.message)
      .toMatch(/waits for DockerImage\/base \(it does not exist/);
    expect((await status())?.conditions).toContainEqual(
      expect.objectContaining({ type: "ImagesReady", status: "False" }),
    );
    await createDocker(client, "base");
    const first = await settled(client, "base");
    const read = (name: string) => readFile(join(root, name), "utf8").catch(() => "");
    await expect.poll(() => read("served")).toBe(`${first.refs!.local}\n`);
    await writeFile(join(root, "base", "base.txt"), "base 2");
    const second = await settled(client, "base", { run: 2 });
    await expect.poll(() => read("served")).toBe(`${second.refs!.local}\n`);
    expect(await read("seen")).toBe(`${first.refs!.local}\n${second.refs!.local}\n`);
    expect((await status())?.build?.cause).toMatchObject({ type: "Dependency", object: "DockerImage/base" });
    // A build that fails takes nothing away from those who have what was built before.
    await writeFile(join(root, "base", "Dockerfile"), "FROM scratch\nNONSENSE\n");
    await settled(client, "base", { state: "Failed", run: 3 });
    await expect.poll(async () => (await status())?.state).toBe("Serving");
    expect(await read("seen")).toBe(`${first.refs!.local}\n${second.refs!.local}\n`);
  });

  test("a CustomImage that is not on this machine is handed on as it is", async ({ client, root }) => {
    await client.create(
      CustomImage,
      { namespace: "default", name: "tool" },
      {
        refs: { config: "r.invalid/tool" },
        tag: "v1",
        skipsLocalDocker: true,
        commandTemplate: { argv: ["true"] },
      },
    );
    const imageRefs = [{ kind: "CustomImage" as const, name: "tool" }];
    const buildTemplate = { argv: ["sh", "-c", "echo $TILTISH_IMAGE_TOOL > seen"] };
    await client.create(LocalResource, { namespace: "default", name: "app" }, { imageRefs, buildTemplate });
    await expect.poll(() => readFile(join(root, "seen"), "utf8").catch(() => "")).toBe("r.invalid/tool:v1\n");
  });

  test("a CustomImage with a fixed reference is another image when it is made anew, and not when that fails", async ({
    client,
    root,
  }) => {
    const commandTemplate = { argv: ["sh", "-c", "[ ! -e broken ]"] };
    const spec = { refs: { config: "r.invalid/tool" }, tag: "v1", skipsLocalDocker: true, commandTemplate };
    await client.create(CustomImage, { namespace: "default", name: "tool" }, spec);
    const imageRefs = [{ kind: "CustomImage" as const, name: "tool" }];
    const argv = ["sh", "-c", "echo $TILTISH_IMAGE_TOOL >> seen; echo x >> $TILTISH_IMAGE_TOOL_BUILT"];
    await client.create(
      LocalResource,
      { namespace: "default", name: "app" },
      { imageRefs, buildTemplate: { argv } },
    );
    const seen = () => readFile(join(root, "seen"), "utf8").catch(() => "");
    await expect.poll(seen).toBe("r.invalid/tool:v1\n");
    await ask(client, "tool", "Trigger", "CustomImage");
    await expect.poll(seen).toBe("r.invalid/tool:v1\n".repeat(2));
    await writeFile(join(root, "broken"), "");
    await ask(client, "tool", "Trigger", "CustomImage");
    await settled(client, "tool", { kind: "CustomImage", state: "Failed", run: 3 });
    await rm(join(root, "broken"));
    await ask(client, "tool", "Trigger", "CustomImage");
    await settled(client, "tool", { kind: "CustomImage", run: 4 });
    await expect.poll(seen).toBe("r.invalid/tool:v1\n".repeat(3));
    const times = (await readdir(root)).filter((name) => name.startsWith("20"));
    expect(times).toHaveLength(3);
  });

  test("the command of a CustomImage is told when an image of a fixed reference was made", async ({
    client,
    root,
  }) => {
    const base = { refs: { config: "r.invalid/base" }, tag: "v1", skipsLocalDocker: true };
    const commandTemplate = { argv: ["true"] };
    const name = { namespace: "default", name: "base" };
    await client.create(CustomImage, name, { ...base, commandTemplate });
    const { builtTime } = await settled(client, "base", { kind: "CustomImage" });
    const argv = ["sh", "-c", "echo $TILTISH_IMAGE_BASE $TILTISH_IMAGE_BASE_BUILT > seen"];
    const imageRefs = [{ kind: "CustomImage" as const, name: "base" }];
    const top = { ...base, refs: { config: "r.invalid/top" }, imageRefs, commandTemplate: { argv } };
    await client.create(CustomImage, { namespace: "default", name: "top" }, top);
    await settled(client, "top", { kind: "CustomImage" });
    expect(await readFile(join(root, "seen"), "utf8")).toBe(`r.invalid/base:v1 ${builtTime}\n`);
  });

  test("a LocalResource that sets the variable of an image itself is left with that, and runs once", async ({
    client,
    root,
  }) => {
    await withBase(root);
    await createDocker(client, "base");
    const app = async (name: string, env: Record<string, string>) => {
      const buildTemplate = { argv: ["sh", "-c", `echo $TILTISH_IMAGE_BASE >> ${name}`], env };
      await client.create(
        LocalResource,
        { namespace: "default", name },
        { imageRefs: refTo("base"), buildTemplate },
      );
      const state = async () =>
        (await client.get(LocalResource, { namespace: "default", name }))?.status?.state;
      await expect.poll(state, { timeout: 20_000 }).toBe("Succeeded");
    };
    await app("app", { TILTISH_IMAGE_BASE: "mine" });
    await app("later", {});
    expect(await readFile(join(root, "app"), "utf8")).toBe("mine\n");
  });

  test("images that need each other are told so, once", async ({ client, root }) => {
    await withBase(root);
    await createDocker(client, "base", { imageRefs: refTo("top") });
    await createDocker(client, "top", { imageRefs: refTo("base") });
    const base = () => client.get(DockerImage, { namespace: "default", name: "base" });
    const cycle = { type: "DependencyCycle", status: "True" };
    await expect
      .poll(async () => (await base())?.status?.conditions ?? [])
      .toContainEqual(expect.objectContaining(cycle));
    const message = "waits for DockerImage/top (it waits for DockerImage/base)";
    await expect.poll(async () => (await base())?.status?.message).toBe(message);
  });

  test("a disabled image is waited for, and it is said how to enable it", async ({ client, root }) => {
    await context(root, "base", BASE);
    await createDocker(client, "base", { disabled: true });
    const buildTemplate = { argv: ["true"] };
    await client.create(
      LocalResource,
      { namespace: "default", name: "app" },
      { imageRefs: refTo("base"), buildTemplate },
    );
    const status = async () =>
      (await client.get(LocalResource, { namespace: "default", name: "app" }))?.status;
    await expect.poll(async () => (await status())?.message).toMatch(/it is disabled; tiltish enable base/);
    await client.patch(DockerImage, { namespace: "default", name: "base" }, { spec: { disabled: false } });
    await expect.poll(async () => (await status())?.state, { timeout: 20_000 }).toBe("Succeeded");
  });
});
