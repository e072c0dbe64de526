import { mkdir, stat, symlink, utimes } from "node:fs/promises";
import { describe, expect } from "vitest";
import { base64, GUID, sha256, test } from "./fixture.ts";

const PLAIN = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
const put = (files: Record<string, unknown>) => ({ body: JSON.stringify(files) });

describe("the endpoints of the original protocol", () => {
  test("a listing is one object with sorted keys, its escapes, and a line end", async ({ container }) => {
    await container.start();
    await container.write("b.txt", "two");
    await container.write("a<&>.txt", "one");
    await container.write("sub/Z.txt", "three");
    for (const name of ["b.txt", "a<&>.txt", "sub/Z.txt", "app.js"])
      await utimes(container.path(name), 1_700_000_000, 1_700_000_000.9);
    const { status, headers, body } = await container.ask("GET", "/_fastpush/files");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json");
    const line = async (content: string) =>
      `{"Checksum":"${await sha256(content)}","Modification":1700000000,"Content":null}`;
    const app = await container.read("app.js");
    expect(body).toBe(
      `{"a\\u003c\\u0026\\u003e.txt":${await line("one")},"app.js":${await line(app)},` +
        `"b.txt":${await line("two")},"sub/Z.txt":${await line("three")}}\n`,
    );
  });

  test("keys that begin with .git are not listed, deeper ones are", async ({ container }) => {
    await container.start();
    for (const name of [".git/config", ".gitignore", ".github/x", "lib/.git/config"])
      await container.write(name);
    const { body } = await container.ask("GET", "/_fastpush/files");
    expect(Object.keys(JSON.parse(body) as object)).toEqual(["app.js", "lib/.git/config"]);
  });

  test("a link to a file has the hash of the file, one to a directory or to nothing has none", async ({
    container,
  }) => {
    await container.start();
    await container.write("real.txt", "real");
    await mkdir(container.path("dir"));
    await symlink("real.txt", container.path("to-file"));
    await symlink("dir", container.path("to-dir"));
    await symlink("nowhere", container.path("to-nothing"));
    const files = JSON.parse((await container.ask("GET", "/_fastpush/files")).body) as Record<
      string,
      { Checksum: string }
    >;
    expect(files["to-file"]!.Checksum).toBe(await sha256("real"));
    expect(files["to-dir"]!.Checksum).toBe("");
    expect(files["to-nothing"]!.Checksum).toBe("");
  });

  test("directories of backend_dirs prefix their keys, and one that is missing is empty", async ({
    container,
  }) => {
    await container.write("src/a.txt", "a");
    await container.write("other/b.txt", "b");
    await container.start({ backend_dirs: "src missing  ./other/" });
    const { status, body } = await container.ask("GET", "/_fastpush/files");
    expect(status).toBe(200);
    expect(Object.keys(JSON.parse(body) as object)).toEqual(["other/b.txt", "src/a.txt"]);
  });

  test("a file that was deleted is not listed any more, and a new content has a new hash at once", async ({
    container,
  }) => {
    await container.start();
    await container.write("a.txt", "one");
    await container.ask("GET", "/_fastpush/files");
    await container.write("a.txt", "two");
    const listed = async () =>
      JSON.parse((await container.ask("GET", "/_fastpush/files")).body) as Record<
        string,
        { Checksum: string }
      >;
    expect((await listed())["a.txt"]!.Checksum).toBe(await sha256("two"));
    const { rm } = await import("node:fs/promises");
    await rm(container.path("a.txt"));
    expect(await listed()).not.toHaveProperty("a.txt");
  });

  test("uploads are written, with their directories, and told", async ({ container }) => {
    await container.start({ restart_regex: "[.]js$" });
    await container.write("old.txt", "old");
    const answer = await container.ask(
      "PUT",
      "/_fastpush/files",
      put({
        "new/deep/a.txt": { Checksum: "not looked at", Modification: 1, Content: base64("hello") },
        "old.txt": { checksum: "", CONTENT: base64("new"), Unknown: [1, { a: null }] },
      }),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.body).toBe('{"Health":"Updated 2 files without restart"}\n');
    expect(await container.read("new/deep/a.txt")).toBe("hello");
    expect(await container.read("old.txt")).toBe("new");
    expect((await stat(container.path("new/deep/a.txt"))).mode & 0o777).toBe(0o644);
    expect((await stat(container.path("new"))).mode & 0o777).toBe(0o755);
  });

  test("an upload that matches restart_regex restarts, unless ignore_regex matches too", async ({
    container,
  }) => {
    await (await container.start({ ignore_regex: "^tests/" })).ready();
    const first = JSON.parse((await container.ask("GET", "/")).body) as { pid: number };
    const ignored = await container.ask("PUT", "/_fastpush/files", put({ "tests/a.py": {} }));
    expect(ignored.body).toBe('{"Health":"Updated 1 files without restart"}\n');
    const answer = await container.ask("PUT", "/_fastpush/files", put({ happy: {}, "b.txt": {} }));
    expect(answer.body).toBe('{"Health":"Restarting after updating 2 files"}\n');
    await container.ready();
    expect(JSON.parse((await container.ask("GET", "/")).body)).not.toMatchObject(first);
  });

  const contents: [what: string, content: unknown, expected: string | undefined][] = [
    ["standard base64 with padding", "aGk=", "hi"],
    ["line ends within", "aG\r\nk=\n", "hi"],
    ["null", null, ""],
    ["an empty text", "", ""],
    ["an array of bytes", [104, 105], "hi"],
    ["no padding", "aGk", undefined],
    ["the alphabet for URLs", "-_-_", undefined],
    ["a number above 255", [256], undefined],
    ["a number", 7, undefined],
  ];
  for (const [what, Content, expected] of contents)
    test(`a content of ${what} is ${expected === undefined ? "a bad request" : "taken"}`, async ({
      container,
    }) => {
      await container.start();
      await container.write("a.txt", "as it was");
      const body = JSON.stringify({ "a.txt": { Content }, "b.txt": { Content: base64("b") } });
      const answer = await container.ask("PUT", "/_fastpush/files", { body });
      expect(answer.status).toBe(expected === undefined ? 400 : 200);
      expect(await container.read("a.txt")).toBe(expected ?? "as it was");
      expect(await container.read("b.txt")).toBe("b");
      if (expected === undefined) {
        expect(answer.headers).toMatchObject(PLAIN);
        expect(answer.body).toMatch(/^.+\n\{"Health":"Failed to update 1 files"\}\n$/);
      }
    });

  for (const body of ["", " \n", "{}", "null"])
    test(`an empty set, sent as ${JSON.stringify(body)}, is done at once`, async ({ container }) => {
      await container.start();
      const answer = await container.ask("PUT", "/_fastpush/files", { body });
      expect([answer.status, answer.body]).toEqual([200, '{"Health":"Updated 0 files without restart"}\n']);
    });

  for (const body of ["{", '{"a":', "[]", '"x"', '{"a":{"Content":"aGk="},}', '{"a":{}'])
    test(`${body} is a bad request, and the health comes after what is wrong`, async ({ container }) => {
      await container.start();
      const answer = await container.ask("PUT", "/_fastpush/files", { body });
      expect(answer.status).toBe(400);
      expect(answer.headers).toMatchObject(PLAIN);
      expect(answer.body).toMatch(/^[^\n]+\n\{"Health":"Updated 0 files without restart"\}\n$/);
    });

  for (const value of ["1.0", "1.5", "1e3", '"1"', "9223372036854775808"])
    test(`a Modification of ${value} is a bad request`, async ({ container }) => {
      await container.start();
      const body = `{"a.txt":{"Content":"aGk=","Modification":${value}}}`;
      expect((await container.ask("PUT", "/_fastpush/files", { body })).status).toBe(400);
      await expect(container.read("a.txt")).rejects.toThrow("ENOENT");
    });

  test("of doubles the last one counts, and what follows the object is passed over", async ({
    container,
  }) => {
    await container.start();
    const body = '{"a.txt":{"Content":"b25l"},"a.txt":{"Content":"b25l","content":"dHdv"}} and more';
    expect((await container.ask("PUT", "/_fastpush/files", { body })).body).toBe(
      '{"Health":"Updated 1 files without restart"}\n',
    );
    expect(await container.read("a.txt")).toBe("two");
  });

  test("an entry of null is a bad request, and all others are written", async ({ container }) => {
    await container.start();
    const answer = await container.ask("PUT", "/_fastpush/files", { body: '{"p":null,"q":{}}' });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatch(/\n\{"Health":"Failed to update 1 files"\}\n$/);
    expect(await container.read("q")).toBe("");
  });

  test("a restart is answered when the former process is gone", async ({ container }) => {
    await (await container.start()).ready();
    const { pid } = JSON.parse((await container.ask("GET", "/")).body) as { pid: number };
    const answer = await container.ask("POST", "/_fastpush/restart");
    expect([answer.status, answer.body]).toEqual([200, '{"Health":"Restarting"}\n']);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("the status is Running, also while the app is down", async ({ container }) => {
    await container.start({ backend_command: "no-such-program" });
    const answer = await container.ask("GET", "/_fastpush/status");
    expect([answer.status, answer.body]).toEqual([200, '{"Health":"Running"}\n']);
    expect(await container.ask("GET", "/x")).toMatchObject({ status: 502, body: "" });
  });

  for (const [method, path] of [
    ["GET", "/files"],
    ["DELETE", "/files"],
    ["POST", "/restart"],
    ["GET", "/status"],
  ] as const)
    test(`a wrong token is refused before the method of ${method} ${path} is looked at`, async ({
      container,
    }) => {
      await container.start();
      for (const token of ["", "wrong", `${GUID} `.trimEnd() + "x"]) {
        const answer = await container.ask(method, `/_fastpush${path}`, { token });
        expect([answer.status, answer.body]).toEqual([401, "Invalid authentication token\n"]);
        expect(answer.headers).toMatchObject(PLAIN);
      }
    });

  test("without an app guid and a secret, every token is wrong", async ({ container }) => {
    await container.start({}, { VCAP_APPLICATION: undefined });
    expect((await container.ask("GET", "/_fastpush/status", { token: "undefined" })).status).toBe(401);
  });

  for (const [method, path] of [
    ["POST", "/files"],
    ["HEAD", "/files"],
    ["GET", "/restart"],
    ["HEAD", "/status"],
    ["PUT", "/status"],
  ] as const)
    test(`${method} ${path} is not allowed`, async ({ container }) => {
      await container.start();
      const answer = await container.ask(method, `/_fastpush${path}`);
      expect([answer.status, answer.body]).toEqual([
        405,
        method === "HEAD" ? "" : "Invalid request method.\n",
      ]);
      expect(answer.headers).toMatchObject(PLAIN);
    });

  test("paths are exact: others go to the app", async ({ container }) => {
    await (await container.start()).ready();
    for (const path of ["/_fastpush/files/", "/_fastpush", "/_fastpush/unknown", "/_fastpushfiles"])
      expect(JSON.parse((await container.ask("GET", path)).body)).toMatchObject({ url: path });
  });

  test("a query is passed over, and a path that needs cleaning is redirected with it", async ({
    container,
  }) => {
    await container.start();
    expect((await container.ask("GET", "/_fastpush/status?x=1")).body).toBe('{"Health":"Running"}\n');
    const answer = await container.ask("GET", "//_fastpush/files?a=b&c", { token: "" });
    expect(answer.status).toBe(301);
    expect(answer.headers.location).toBe("/_fastpush/files?a=b&c");
    expect(answer.body).toBe('<a href="/_fastpush/files?a=b&amp;c">Moved Permanently</a>.\n\n');
    expect((await container.ask("PUT", "/_fastpush/../_fastpush/./files")).status).toBe(301);
  });
});

describe("requests as the original plugin sends them", () => {
  const head = (line: string) =>
    `${line} HTTP/1.1\r\nHost: my-app.example.com\r\nUser-Agent: Go-http-client/1.1\r\nConnection: close\r\n` +
    `Content-Type: application/json\r\nX-Auth-Token: ${GUID}\r\nAccept-Encoding: gzip\r\n`;

  test("a listing is asked with a type and without a body, and comes as it is", async ({ container }) => {
    await container.start();
    const answer = await container.raw(`${head("GET /_fastpush/files")}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).not.toMatch(/content-encoding/i);
    expect(answer).toMatch(
      /\r\n\r\n\{"app\.js":\{"Checksum":"[0-9a-f]{64}","Modification":\d+,"Content":null\}\}\n$/,
    );
  });

  test("an empty set is a PUT with a length of 0", async ({ container }) => {
    await container.start();
    const answer = await container.raw(`${head("PUT /_fastpush/files")}Content-Length: 0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\n\r\n\{"Health":"Updated 0 files without restart"\}\n$/);
  });

  test("a set with a key that leads out has its count of failures, and the others are applied", async ({
    container,
  }) => {
    await container.start();
    const body = `{"../x":{"Checksum":"","Content":"aGk=","Modification":1},"ok.txt":{"Checksum":"","Content":"aGk=","Modification":1}}`;
    const answer = await container.raw(
      `${head("PUT /_fastpush/files")}Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\n\r\n\{"Health":"Failed to update 1 files"\}\n$/);
    expect(await container.read("ok.txt")).toBe("hi");
  });
});
