import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { CustomImage, FileWatch, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { ask, context, createDocker, logOf, settled, test } from "../../docker/fixture.ts";
import { SHELL } from "../../docker/engine.ts";
import { openTestInstance } from "../../helpers/instance.ts";
import { create, done, MAKE, shell } from "./custom.fixture.ts";

describe("a CustomImage", () => {
  test("IMG-2: whose command makes the expected image gets a reference by its digest", async ({
    client,
    engine,
  }) => {
    await create(client, MAKE);
    const { refs, digest = "", tag } = await done(client);
    expect(tag).toBe(`tiltish-${digest.slice(7, 23)}`);
    expect(refs?.local).toBe(`tool:${tag}`);
    expect((await engine.image(refs!.local!))?.Id).toBe(digest);
    expect(await logOf(client, "tool", "CustomImage")).toMatch(/sha256:/);
  });

  test("IMG-4: with a fixed tag is found under that, and gets a reference by its digest", async ({
    client,
    engine,
  }) => {
    await create(client, [...MAKE, "tool:dev"], {
      tag: "dev",
      refs: { config: "tool", cluster: "cluster.example/tool" },
    });
    const { refs, digest } = await done(client);
    expect((await engine.image("tool:dev"))?.Id).toBe(digest);
    expect(refs?.cluster).toBe(`cluster.example/tool:tiltish-${digest!.slice(7, 23)}`);
  });

  test("IMG-5: that is not on this machine is taken at its word", async ({ client, engine }) => {
    const refs = { config: "tool", local: "registry.invalid/tool", cluster: "in.cluster/tool" };
    await create(client, shell("true"), { refs, tag: "v1", skipsLocalDocker: true });
    const status = await done(client);
    expect(status.refs).toEqual({ local: "registry.invalid/tool:v1", cluster: "in.cluster/tool:v1" });
    expect(await engine.image("registry.invalid/tool:v1")).toBeUndefined();
  });

  test("IMG-6: whose command fails says which command, how it ended and what it wrote, and has no reference", async ({
    client,
  }) => {
    await create(client, shell("echo no luck; exit 7"));
    const { error, refs, conditions, finishTime } = await done(client, "Failed");
    expect(error).toMatch(/^command "sh -c echo no luck; exit 7" failed: exited with code 7[^]*no luck/);
    expect(refs).toBeUndefined();
    expect(finishTime).toBeDefined();
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Ready", reason: "CommandFailed" }));
  });

  test("IMG-7: whose command ends well without making the image says that it is missing", async ({
    client,
  }) => {
    await create(client, shell("true"));
    const { error, conditions } = await done(client, "Failed");
    expect(error).toMatch(
      /ended well, but the engine has no image tool:tiltish-build-[0-9a-f]{8}-\d+; have the command tag it/,
    );
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Ready", reason: "ImageMissing" }));
  });

  test("IMG-8: whose command writes a reference is used under that", async ({ client, root }) => {
    const make = [...MAKE, "elsewhere:v7"].map((word) => `'${word}'`).join(" ");
    await writeFile(join(root, "ref"), "what:earlier");
    const spec = { outputsImageRefTo: "ref" };
    await create(client, shell(`[ ! -e ref ] && ${make} && echo elsewhere:v7 > ref`), spec);
    const { refs, tag } = await done(client);
    expect(refs).toEqual({ local: "elsewhere:v7", cluster: "elsewhere:v7" });
    expect(tag).toBe("v7");
  });

  test("IMG-8: whose command writes a reference of no image, or without a tag, or none, says so", async ({
    client,
  }) => {
    const cases = [
      ["echo nobody:v1 > ref", /no image nobody:v1, which it wrote into ref/],
      ["echo nobody > ref", /\/ref holds "nobody", and not a reference with a tag/],
      ["mkfifo ref", /\/ref cannot be read: .* is no regular file; mend what/],
      ["head -c 9999 /dev/zero > ref", /\/ref is larger than 4 KiB/],
      ["true", /without writing .*\/ref; have it write/],
    ] as const;
    for (const [command, error] of cases) {
      await create(client, shell(command), { outputsImageRefTo: "ref" });
      expect((await done(client, "Failed")).error).toMatch(error);
      await client.delete(CustomImage, { namespace: "default", name: "tool" });
      await expect
        .poll(() => client.get(LocalProcess, { namespace: "default", name: "tool-image-build" }))
        .toBeUndefined();
    }
  });

  test("IMG-9: gives its command the local references of its base images", async ({ client, root }) => {
    await context(root, "base", { Dockerfile: SHELL });
    await createDocker(client, "base");
    const { refs } = await settled(client, "base");
    const imageRefs = [{ kind: "DockerImage" as const, name: "base" }];
    await create(client, shell(`echo $TILTISH_IMAGE_0 $TILTISH_IMAGE_BASE > seen; ${MAKE.join(" ")}`), {
      imageRefs,
    });
    await done(client);
    expect(await readFile(join(root, "seen"), "utf8")).toBe(`${refs!.local} ${refs!.local}\n`);
  });

  test("IMG-10: tells its command what is expected, and what its template adds", async ({ client, root }) => {
    const refs = { config: "127.0.0.1:9/team/tool" };
    const argv = shell("env | grep -E '^(EXPECTED_|REGISTRY|IMAGE=|TAG=|EXTRA)' | sort > seen");
    const env = { EXTRA: "yes", EXPECTED_TAG: "mine" };
    await create(client, argv, { refs, tag: "v1", skipsLocalDocker: true }, env);
    const status = await done(client);
    expect(status.refs?.local).toBe("127.0.0.1:9/team/tool:v1");
    expect((await readFile(join(root, "seen"), "utf8")).trim().split("\n")).toEqual([
      "EXPECTED_IMAGE=team/tool",
      "EXPECTED_REF=127.0.0.1:9/team/tool:v1",
      "EXPECTED_REGISTRY=127.0.0.1:9",
      "EXPECTED_TAG=v1",
      "EXTRA=yes",
      "IMAGE=team/tool",
      "REGISTRY=127.0.0.1:9",
      "REGISTRY_HOST=127.0.0.1:9",
      "TAG=v1",
    ]);
  });

  test("IMG-15: that is canceled has its command end, and says so", async ({ client }) => {
    await create(client, shell("sleep 300"));
    const process = async () =>
      (await client.get(LocalProcess, { namespace: "default", name: "tool-image-build" }))?.status;
    await expect.poll(async () => (await process())?.state).toBe("Running");
    await ask(client, "tool", "Cancel", "CustomImage");
    const { error, finishTime, refs } = await done(client, "Failed");
    expect(error).toBe("canceled by hand");
    expect([finishTime !== undefined, refs]).toEqual([true, undefined]);
    expect((await process())?.pid).toBeUndefined();
    await ask(client, "tool", "Trigger", "CustomImage");
    await done(client, "Building", 2);
    await ask(client, "tool", "Cancel", "CustomImage");
    await done(client, "Failed", 2);
  });

  test("IMG-16: that was applied through the API alone is built again when its FileWatch sees a change", async ({
    client,
    root,
  }) => {
    await writeFile(join(root, "src"), "one");
    await client.create(FileWatch, { namespace: "default", name: "src" }, { paths: ["src"] });
    await expect
      .poll(
        async () =>
          (await client.get(FileWatch, { namespace: "default", name: "src" }))?.status?.monitorStartTime,
      )
      .toBeDefined();
    const command = `CONTENT=$(cat src) ${MAKE.join(" ")}`;
    await create(client, shell(command), { restartOn: { fileWatches: ["src"] } });
    const first = await done(client);
    await writeFile(join(root, "src"), "two");
    const second = await done(client, "Built", 2);
    expect(second.cause).toMatchObject({ type: "FileChange", object: "FileWatch/src" });
    expect(second.digest).not.toBe(first.digest);
  });

  test("whose image is still there is not built again after a restart of tiltish", async ({
    instance,
    root,
  }) => {
    await create(instance.client, MAKE);
    const before = await done(instance.client);
    await instance.close();
    const again = await openTestInstance(root);
    await context(root, "later", { Dockerfile: SHELL });
    await createDocker(again.client, "later");
    await settled(again.client, "later");
    const after = await done(again.client);
    await again.close();
    expect(after).toMatchObject({ run: 1, digest: before.digest });
  });
});
