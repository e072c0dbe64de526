import { chmod, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { DockerImage } from "../../../apis/v1alpha1/index.ts";
import { SHELL } from "../../docker/engine.ts";
import { context, createDocker, settled } from "../../docker/fixture.ts";
import { test } from "../../docker/gate.fixture.ts";

const ALL = `${SHELL}COPY . /all/\n`;

const FILES = {
  Dockerfile: "not this one",
  ".dockerignore": "skipped\nsub\n!sub/kept/deep\n",
  skipped: "x",
  "sub/lost": "x",
  "sub/kept/deep": "deep",
  "a.txt": "a",
  "a/b/c.txt": "c",
  "a-b": "ab",
  empty: "",
  big: "0123456789abcdef".repeat(16 * 1024),
};

describe("a Dockerfile in the spec", () => {
  for (const builder of ["BuildKit", "the classic builder"])
    test(`is no file of the context, which ${builder} gets as it is`, async ({ client, root, engine }) => {
      if (builder !== "BuildKit") process.env["DOCKER_BUILDKIT"] = "0";
      await context(root, "api", FILES);
      await chmod(join(root, "api", "a.txt"), 0o751);
      await symlink("a.txt", join(root, "api", "link"));
      await createDocker(client, "api", { dockerfileContents: ALL });
      const { refs } = await settled(client, "api");
      delete process.env["DOCKER_BUILDKIT"];
      const run = (command: string) => engine.run(refs!.local!, ["sh", "-c", command]);
      const names =
        "./.dockerignore ./Dockerfile ./a ./a-b ./a.txt ./a/b ./a/b/c.txt ./big ./busybox ./empty ./link";
      expect((await run("cd /all && find . | sort | tail -n +2")).split("\n")).toEqual([
        ...names.split(" "),
        "./sub",
        "./sub/kept",
        "./sub/kept/deep",
      ]);
      expect(await run("cd /all && cat a.txt a/b/c.txt sub/kept/deep a-b")).toBe("acdeepab");
      expect(await run("wc -c < /all/big")).toBe(String(256 * 1024));
      expect(await run("stat -c '%a %u' /all/a.txt; readlink /all/link")).toBe("751 0\na.txt");
    });

  test("is built again when a file changes, and only then", async ({ client, root, engine }) => {
    await context(root, "api", { "a.txt": "a", "b.txt": "b" });
    await createDocker(client, "api", { dockerfileContents: `${SHELL}COPY a.txt /\n` });
    const first = await settled(client, "api");
    await context(root, "api", { "a.txt": "2" });
    const second = await settled(client, "api", { run: 2 });
    expect(second.digest).not.toBe(first.digest);
    expect(second.stages?.find(({ name }) => name.includes("--install"))).toMatchObject({ cached: true });
    expect(await engine.run(second.refs!.local!, ["cat", "/a.txt"])).toBe("2");
    await context(root, "api", { "b.txt": "2" });
    const third = await settled(client, "api", { run: 3 });
    expect(third.digest).toBe(second.digest);
  });

  test("is what it is now, also where only its letters have changed", async ({ client, root, engine }) => {
    await context(root, "api", { "a.txt": "a", "b.txt": "b" });
    await createDocker(client, "api", { dockerfileContents: `${SHELL}COPY a.txt /c\n` });
    await settled(client, "api");
    const name = { namespace: "default", name: "api" };
    const dockerfileContents = `${SHELL}COPY b.txt /c\n`;
    await client.patch(DockerImage, name, { spec: { dockerfileContents } });
    const { refs } = await settled(client, "api", { run: 2 });
    expect(await engine.run(refs!.local!, ["cat", "/c"])).toBe("b");
  });

  test("and thousands of files make an image of all of them", async ({ client, root, engine }) => {
    const files = Array.from({ length: 3_000 }, (_, n) => [`d${n % 50}/f${n}.txt`, `${n}`] as const);
    await context(root, "many", Object.fromEntries(files));
    await createDocker(client, "many", { dockerfileContents: ALL });
    const { refs } = await settled(client, "many");
    expect(await engine.run(refs!.local!, ["sh", "-c", "cat /all/d*/*.txt | wc -c"])).toBe("10890");
  });

  test("and a file that goes while they are sent make an image without it", async ({
    client,
    root,
    engine,
    gate,
  }) => {
    await context(root, "api", { "z.txt": "one", "a.txt": "a" });
    gate.hold();
    await createDocker(client, "api", { dockerfileContents: ALL });
    await expect.poll(() => gate.holdsBuild).toBe(true);
    await rm(join(root, "api", "z.txt"));
    gate.release();
    const { refs } = await settled(client, "api");
    expect(await engine.run(refs!.local!, ["ls", "/all"])).not.toContain("z.txt");
  });
});
