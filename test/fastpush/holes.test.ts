import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { TOKEN_VARIABLE } from "../../fastpush/index.ts";
import { base64, type Container, GUID, test } from "./fixture.ts";

const put = (container: Container, files: Record<string, string>) => {
  const entries = Object.entries(files).map(([key, content]) => [key, { Content: base64(content) }]);
  return container.ask("PUT", "/_fastpush/files", { body: JSON.stringify(Object.fromEntries(entries)) });
};
const failedOne = '{"Health":"Failed to update 1 files"}\n';

describe("nothing is written outside of the directory of the app", () => {
  const keys = [
    "../x",
    "a/../../x",
    "/tmp/tiltish-fastpush-x",
    "..\\x",
    "C:\\x",
    "a\\..\\..\\x",
    "..",
    ".",
    "",
    "dir/",
    "a\0b",
    ".tiltish-state/x",
  ];
  for (const key of keys)
    test(`the key ${JSON.stringify(key)} is refused, and all others are written`, async ({ container }) => {
      await container.start();
      expect((await put(container, { [key]: "bad", "ok.txt": "good" })).body).toBe(failedOne);
      expect(await container.read("ok.txt")).toBe("good");
      expect(await readdir(join(container.home, "vcap"))).toEqual(["app", "tmp"]);
      await expect(lstat("/tmp/tiltish-fastpush-x")).rejects.toThrow("ENOENT");
    });

  test("no link that leads out is followed, whether it is the file or on the way to it", async ({
    container,
  }) => {
    await container.start();
    const outside = join(container.home, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "theirs"), "theirs");
    await symlink("../../outside", container.path("dir"));
    await symlink("../../outside/theirs", container.path("file"));
    await symlink("../../outside/new", container.path("dangling"));
    for (const key of ["dir/theirs", "dir/new", "file", "dangling"])
      expect((await put(container, { [key]: "ours" })).body).toBe(failedOne);
    expect(await readdir(outside)).toEqual(["theirs"]);
    expect(await readFile(join(outside, "theirs"), "utf8")).toBe("theirs");
  });

  test("a link that stays within is written through, and stays a link", async ({ container }) => {
    await container.start();
    await container.write("real/a.txt", "old");
    await symlink("real", container.path("dir"));
    await symlink("real/a.txt", container.path("file"));
    expect((await put(container, { file: "one", "dir/b.txt": "two" })).body).toBe(
      '{"Health":"Updated 2 files without restart"}\n',
    );
    expect([await container.read("real/a.txt"), await container.read("real/b.txt")]).toEqual(["one", "two"]);
    expect((await lstat(container.path("file"))).isSymbolicLink()).toBe(true);
  });

  test("a backslash of a client on Windows parts directories", async ({ container }) => {
    await container.start();
    await put(container, { "src\\lib\\a.py": "print()" });
    expect(await container.read("src/lib/a.py")).toBe("print()");
  });
});

describe("a file is there as a whole, or as it was", () => {
  test("a new content is another file of the same name and mode, so that who runs or reads the old one goes on", async ({
    container,
  }) => {
    await container.start();
    await container.write("tool", "#!/bin/sh\n");
    await chmod(container.path("tool"), 0o755);
    const before = await stat(container.path("tool"));
    await put(container, { tool: "#!/bin/sh\necho new\n" });
    const after = await stat(container.path("tool"));
    expect(after.ino).not.toBe(before.ino);
    expect(after.mode & 0o777).toBe(0o755);
  });

  test("where a directory is, no file is made, and nothing is left of the try", async ({ container }) => {
    await container.start();
    await container.write("dir/in it", "x");
    expect((await put(container, { dir: "a file" })).body).toBe(failedOne);
    expect(await readdir(join(container.home, "vcap/tmp/.tiltish-fastpush"))).toEqual(["stage"]);
  });

  test("a restart does not hide what failed", async ({ container }) => {
    await (await container.start()).ready();
    expect((await put(container, { "../x": "bad", "app.py": "" })).body).toBe(failedOne);
  });

  test("requests at the same time all get their answers, one after the other", async ({ container }) => {
    await container.start();
    const answers = await Promise.all([
      ...Array.from({ length: 12 }, () => container.ask("GET", "/_fastpush/files")),
      ...Array.from({ length: 12 }, (_, i) => put(container, { "same.txt": `content ${i}`.repeat(10_000) })),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await container.read("same.txt")).toMatch(/^(content \d+)\1{9999}$/);
  });
});

describe("who sends too much, or nothing, or half of it", () => {
  test("is told that it is too much, whether the length was told or not", async ({ container }) => {
    await container.start({ max_body: "1000" });
    const told = await container.ask("PUT", "/_fastpush/files", { body: Buffer.alloc(2000, " ") });
    expect(told.status).toBe(413);
    const chunked = await container.ask("PUT", "/_fastpush/files", {
      headers: { "transfer-encoding": "chunked" },
      body: Buffer.alloc(2000, " "),
    });
    expect(chunked.status).toBe(413);
    expect((await container.ask("GET", "/_fastpush/status")).status).toBe(200);
  });

  test("holds up nobody once the connection is cut", async ({ container }) => {
    await container.start();
    const cut = request({
      host: "127.0.0.1",
      port: container.port,
      method: "PUT",
      path: "/_fastpush/files",
      headers: { "x-auth-token": GUID, "content-length": "1000" },
    });
    cut.on("error", () => undefined);
    cut.write('{"a.txt":');
    const listing = container.ask("GET", "/_fastpush/files");
    cut.destroy();
    expect((await listing).status).toBe(200);
    await expect(container.read("a.txt")).rejects.toThrow("ENOENT");
  });

  test("does not hang on a pipe that is listed", async ({ container }) => {
    const { execFileSync } = await import("node:child_process");
    execFileSync("mkfifo", [container.path("pipe")]);
    await container.start();
    const { body } = await container.ask("GET", "/_fastpush/files");
    expect(JSON.parse(body)).toMatchObject({ pipe: { Checksum: "" } });
  });

  test("cannot make it slow with a name that is made for the expression", async ({ container }) => {
    await container.start({ restart_regex: "^(a+)+$" });
    expect((await put(container, { [`${"a".repeat(200)}!`]: "" })).status).toBe(200);
  });
});

describe("the token", () => {
  test("is a secret of its own if there is one, and then the guid of the app is wrong", async ({
    container,
  }) => {
    await container.start({}, { [TOKEN_VARIABLE]: "s3cret" });
    expect((await container.ask("GET", "/_fastpush/status")).status).toBe(401);
    expect((await container.ask("GET", "/_fastpush/status", { token: "s3cret" })).status).toBe(200);
  });

  test("is in no log, and the app does not get it", async ({ container }) => {
    await container.write("env.js", "console.log(JSON.stringify(process.env))");
    await container.start({ backend_command: "node env.js" }, { [TOKEN_VARIABLE]: "s3cret" });
    const output = async () => (await container.ask("GET", "/_fastpush/v1/output", { token: "s3cret" })).body;
    await expect.poll(output).toContain("VCAP_APPLICATION");
    expect(await output()).not.toContain("s3cret");
    expect(container.log.join("\n")).not.toContain("s3cret");
    expect(container.log.join("\n")).not.toContain(GUID);
  });
});

test("an expression that is none ends the start, with its name", async ({ container }) => {
  await expect(container.start({ restart_regex: "(" })).rejects.toThrow(/restart_regex "\("/);
});
