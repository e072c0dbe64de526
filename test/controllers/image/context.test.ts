import { execFileSync } from "node:child_process";
import { open, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { DockerImage, FileWatch } from "../../../apis/v1alpha1/index.ts";
import { SHELL } from "../../docker/engine.ts";
import { ask, context, createDocker, settled } from "../../docker/fixture.ts";
import { test } from "../../docker/gate.fixture.ts";

const ALL = `${SHELL}COPY . /all/\n`;
/** More than what is on its way between two programs. */
const BIG = "x".repeat(32 * 1024 * 1024);
const NAME = { namespace: "default", name: "api" };

describe("a context that changes while it is sent", () => {
  const FILES = { Dockerfile: ALL, "a-big": BIG, "z.txt": "one" };

  test("without a file that was there is sent again without it, and nobody blames the engine", async ({
    client,
    root,
    engine,
    gate,
  }) => {
    await context(root, "api", FILES);
    gate.hold();
    await createDocker(client, "api");
    await expect.poll(() => gate.holdsBuild).toBe(true);
    await rm(join(root, "api", "z.txt"));
    gate.release();
    const { refs } = await settled(client, "api");
    expect(await engine.run(refs!.local!, ["ls", "/all"])).not.toContain("z.txt");
  });

  test("and is as before afterwards makes an image of what is there, and not of what was there for a moment", async ({
    client,
    root,
    engine,
    gate,
  }) => {
    await context(root, "api", FILES);
    const file = join(root, "api", "z.txt");
    // Nothing but its content tells that it was another one.
    const past = new Date(Date.now() - 60_000);
    await utimes(file, past, past);
    gate.hold();
    await createDocker(client, "api");
    await expect.poll(() => gate.holdsBuild).toBe(true);
    await writeFile(file, "TWO");
    await utimes(file, past, past);
    const isSent = new Promise<void>((resolve) => {
      gate.onBytes((bytes) => bytes.includes("TWO") && resolve());
    });
    gate.release();
    await isSent;
    await writeFile(file, "one");
    await utimes(file, past, past);
    const { refs } = await settled(client, "api");
    await expect.poll(async () => (await settled(client, "api")).refs).toEqual(refs);
    expect(await engine.run(refs!.local!, ["cat", "/all/z.txt"])).toBe("one");
  });

  test("or while it waits for its turn, is built as it is then", async ({ client, root, engine }) => {
    const slow = { Dockerfile: `${SHELL}RUN ["/bin/sleep", "300"]\n` };
    for (const name of ["s1", "s2", "s3"]) {
      await context(root, name, slow);
      await createDocker(client, name);
      await settled(client, name, { state: "Building" });
    }
    await context(root, "api", { Dockerfile: ALL, "a.txt": "a", "b.txt": "b" });
    await createDocker(client, "api");
    await expect
      .poll(async () => (await client.get(DockerImage, NAME))?.status?.message)
      .toMatch(/waits for a free build slot/);
    await rm(join(root, "api", "b.txt"));
    await ask(client, "s1", "Cancel");
    const { refs } = await settled(client, "api");
    expect(await engine.run(refs!.local!, ["ls", "/all"])).not.toContain("b.txt");
    for (const name of ["s2", "s3"]) await ask(client, name, "Cancel");
  });
});

describe("a big context", () => {
  const huge = async (root: string): Promise<void> => {
    await context(root, "api", { Dockerfile: ALL });
    const file = await open(join(root, "api", "huge"), "w");
    await file.truncate(2 ** 40);
    await file.close();
  };

  test("is read no longer when the image is canceled, disabled or deleted", async ({ client, root }) => {
    await huge(root);
    await createDocker(client, "api");
    await settled(client, "api", { state: "Waiting" });
    await ask(client, "api", "Cancel");
    expect((await settled(client, "api", { state: "Failed" })).error).toBe("canceled by hand");
    await ask(client, "api", "Trigger");
    await settled(client, "api", { state: "Waiting" });
    await client.patch(DockerImage, NAME, { spec: { disabled: true } });
    await settled(client, "api", { state: "Disabled" });
    await client.patch(DockerImage, NAME, { spec: { disabled: false } });
    await client.delete(DockerImage, NAME);
    // Whoever has its name next does not wait for it.
    await rm(join(root, "api", "huge"));
    await createDocker(client, "api");
    await settled(client, "api");
  });

  test("keeps nobody from ending tiltish", async ({ instance, root }) => {
    await huge(root);
    await createDocker(instance.client, "api");
    await settled(instance.client, "api", { state: "Waiting" });
    await instance.close();
  });
});

describe("what is no file", () => {
  const fifo = (...path: string[]): void => void execFileSync("mkfifo", [join(...path)]);

  test("a pipe in place of the Dockerfile, of .dockerignore or of a secret is told, and waited for no longer", async ({
    client,
    root,
  }) => {
    await context(root, "api", { "a.txt": "a" });
    fifo(root, "api", "Dockerfile");
    await createDocker(client, "api", { secrets: [{ id: "key", src: "key" }] });
    const error = async () => (await settled(client, "api", { state: "Failed" })).error;
    await expect.poll(error).toMatch(/the Dockerfile .*Dockerfile is no regular file; create it/);
    fifo(root, "api", ".dockerignore");
    await rm(join(root, "api", "Dockerfile"));
    await writeFile(join(root, "api", "Dockerfile"), ALL);
    await expect.poll(error).toMatch(/the context .*\.dockerignore is no regular file; let tiltish read/);
    fifo(root, "key");
    await rm(join(root, "api", ".dockerignore"));
    await expect.poll(error).toMatch(/secret key: .*key is no regular file; create the file/);
    await rm(join(root, "key"));
    await writeFile(join(root, "key"), "s");
    await settled(client, "api");
  });

  test("a Dockerfile, or a secret, of a size that none has is told", async ({ client, root }) => {
    await context(root, "api", { Dockerfile: `${SHELL}#${BIG}` });
    await createDocker(client, "api", { secrets: [{ id: "key", src: "key" }] });
    const error = async () => (await settled(client, "api", { state: "Failed" })).error;
    await expect.poll(error).toMatch(/Dockerfile is larger than 4096 KiB/);
    await writeFile(join(root, "key"), BIG);
    await writeFile(join(root, "api", "Dockerfile"), ALL);
    await expect.poll(error).toMatch(/secret key: .*key is larger than 500 KiB/);
  });
});

describe("what .dockerignore and spec.ignores name", () => {
  const events = async (client: Parameters<typeof settled>[0]): Promise<string[]> => {
    const watch = await client.get(FileWatch, { namespace: "default", name: "api-image-watch" });
    return (watch?.status?.events ?? []).flatMap(({ files }) => files);
  };

  test("is not watched, but for the Dockerfile and .dockerignore themselves", async ({ client, root }) => {
    const Dockerfile = `${SHELL}COPY [a-z]* /all/\n`;
    const ignored = "Dockerfile\n.dockerignore\n/notes\nsub/*.log\n";
    await context(root, "api", { Dockerfile, ".dockerignore": ignored, "a.txt": "a", notes: "1" });
    await createDocker(client, "api", { ignores: ["tmp"] });
    await settled(client, "api");
    const watched = async () => {
      const watch = await client.get(FileWatch, { namespace: "default", name: "api-image-watch" });
      const isSeen = watch?.status?.observedGeneration === watch?.metadata.generation;
      return isSeen ? watch?.spec.ignores : undefined;
    };
    await expect.poll(watched).toContain("/sub/*.log");
    await context(root, "api", { notes: "2", "tmp/x": "2", "sub/a.log": "2" });
    await writeFile(join(root, "api", "a.txt"), "b");
    await settled(client, "api", { run: 2 });
    expect(await events(client)).toEqual(["a.txt"]);
    await writeFile(join(root, "api", "Dockerfile"), `${Dockerfile}ENV A=b\n`);
    await settled(client, "api", { run: 3 });
    await writeFile(join(root, "api", ".dockerignore"), "Dockerfile\n.dockerignore\n");
    await settled(client, "api", { run: 4 });
    await writeFile(join(root, "api", "notes"), "3");
    await settled(client, "api", { run: 5 });
  });

  test("is watched where an exception may name something in it", async ({ client, root }) => {
    const ignored = "*\n!**/*.md\n";
    await context(root, "api", { Dockerfile: ALL, ".dockerignore": ignored, "docs/a.md": "a" });
    await createDocker(client, "api", { dockerfileContents: "FROM scratch\nCOPY . /all/\n" });
    const { digest } = await settled(client, "api");
    await writeFile(join(root, "api", "docs", "a.md"), "b");
    expect((await settled(client, "api", { run: 2 })).digest).not.toBe(digest);
  });
});
