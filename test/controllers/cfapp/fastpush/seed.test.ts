import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { generate } from "selfsigned";
import { describe, expect } from "vitest";
import { GUID } from "../../../fastpush/fixture.ts";
import { INSTANCE, test as base } from "./fixture.ts";
import { OriginalServer } from "./original.ts";

const test = base.extend<{ original: OriginalServer }>({
  original: async ({ container }, use) => {
    const original = await OriginalServer.start(container.app, GUID);
    await use(original);
    original.close();
  },
});

describe("the original controller", () => {
  test("can neither delete, nor have modes and links, nor tell what became of the app", async ({
    desk,
    original,
  }) => {
    const link = await desk.connect(original);
    expect(link.capabilities).toEqual({
      deletes: false,
      modes: false,
      links: false,
      atomic: false,
      restarts: false,
    });
  });

  test("gets what differs, in one request, and is asked again whether it has it", async ({
    container,
    desk,
    original,
  }) => {
    await container.write("same.txt", "same");
    await desk.write({ "same.txt": "same", "dir/new.txt": "new", "empty.txt": "" });
    const link = await desk.connect(original);
    expect(await desk.sync(link)).toMatchObject({ result: "ok" });
    expect(original.keys).toEqual(["empty.txt", "dir/new.txt"]);
    expect(original.asked).toEqual([
      "GET /_fastpush/status",
      "GET /_fastpush/files",
      "PUT /_fastpush/files",
      "GET /_fastpush/files",
    ]);
    expect(new Set(original.instances)).toEqual(new Set([`${GUID}:0`]));
    expect(await container.read("dir/new.txt")).toBe("new");
  });

  test("an empty set is no request", async ({ container, desk, original }) => {
    await container.write("a.txt", "a");
    await desk.write({ "a.txt": "a" });
    const link = await desk.connect(original);
    expect(await desk.sync(link)).toMatchObject({ result: "ok", bytesSent: 0 });
    expect(original.asked.filter((call) => call.startsWith("PUT"))).toEqual([]);
  });

  test("of a set with deletes, modes and links the files go, and the rest is left", async ({
    container,
    desk,
    original,
  }) => {
    await desk.write({ "a.txt": "a", "b.txt": "b" });
    const link = await desk.connect(original);
    await desk.sync(link);
    await rm(join(desk.root, "b.txt"));
    await desk.write({ "a.txt": "new" });
    await symlink("a.txt", join(desk.root, "link"));
    const set = await desk.setFor(await link.list(await desk.tree()));
    expect(set.plan.deletes).toBe(1);
    expect(await (await link.stage(set)).commit()).toMatchObject({ result: "ok" });
    expect(await container.read("a.txt")).toBe("new");
    expect(await container.read("b.txt")).toBe("b");
    await expect(container.read("link")).rejects.toThrow("ENOENT");
  });

  test("calls of two links to an instance never overlap", async ({ desk, original }) => {
    await desk.write({ "a.txt": "a", "b.txt": "b" });
    const transport = desk.transport(original);
    const links = await Promise.all([transport.connect(INSTANCE), transport.connect(INSTANCE)]);
    await Promise.all([...links, ...links, ...links].map((link) => Promise.all([link.list(), link.ping()])));
    expect(original.isDead).toBe(false);
  });

  test("two contents within one second are both there, though its hash is that of the first", async ({
    container,
    desk,
    original,
  }) => {
    original.second = Math.floor(Date.now() / 1000);
    await desk.write({ "a.txt": "one" });
    const link = await desk.connect(original);
    await desk.sync(link);
    await desk.write({ "a.txt": "two" });
    expect(await desk.sync(link)).toMatchObject({ result: "ok" });
    expect(await container.read("a.txt")).toBe("two");
    expect(await desk.sync(link)).toMatchObject({ result: "ok", bytesSent: 0 });
  });

  test("a failure that it hides behind a restart is found", async ({ container, desk, original }) => {
    await mkdir(container.path("taken"));
    await desk.write({ taken: "a file", "app.py": "print()" });
    const link = await desk.connect(original);
    const outcome = await desk.sync(link, {
      restart: { mode: "Supervisor", signal: "TERM", graceSeconds: 1 },
    });
    expect(outcome).toMatchObject({ result: "failed", message: expect.stringContaining("taken") });
    expect(await container.read("app.py")).toBe("print()");
  });

  test("whether it restarts is its own decision, and how that went nobody can tell", async ({
    desk,
    original,
  }) => {
    await desk.write({ "app.py": "print()" });
    const link = await desk.connect(original);
    const restart = { mode: "Supervisor", signal: "TERM", graceSeconds: 1 } as const;
    expect(await desk.sync(link, { restart })).toMatchObject({ result: "unsupervised" });
    expect(original.restarts).toBe(1);
  });

  test("a file that changes while it is read is not sent in half", async ({ container, desk, original }) => {
    await container.write("a.txt", "as it was");
    await desk.write({ "a.txt": "new", "b.txt": "b" });
    const link = await desk.connect(original);
    const set = await desk.setFor(await link.list());
    await desk.write({ "b.txt": "x" });
    const staged = await link.stage(set);
    await expect(staged.commit()).rejects.toThrow("b.txt has changed");
    expect(await container.read("a.txt")).toBe("as it was");
    await link.ping();
  });
});

describe("what is no fast-push controller", () => {
  const answering = async (answer: RequestListener): Promise<{ server: Server; url: string }> => {
    const server = createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  };

  const cases: [
    what: string,
    status: number,
    headers: Record<string, string>,
    body: string,
    reason: string,
  ][] = [
    [
      "an app that knows no such page",
      404,
      { "content-type": "text/html" },
      "<h1>Not Found</h1>",
      "NotSupported",
    ],
    ["an app that answers everything", 200, { "content-type": "text/html" }, "<html>", "NotSupported"],
    ["an app that asks for a login", 401, { "content-type": "text/html" }, "<h1>Login</h1>", "NotSupported"],
    ["an app that redirects", 302, { location: "/login" }, "", "NotSupported"],
    ["a router without an instance", 404, { "x-cf-routererror": "unknown_route" }, "", "Unreachable"],
    ["a proxy before nothing", 502, {}, "", "Unreachable"],
  ];
  for (const [what, status, headers, body, reason] of cases)
    test(`${what} is ${reason}`, async ({ desk }) => {
      const { server, url } = await answering((_, response) => response.writeHead(status, headers).end(body));
      await expect(desk.connect({ url })).rejects.toMatchObject({ reason });
      server.closeAllConnections();
      server.close();
    });

  test("nobody there is Unreachable", async ({ desk }) => {
    await expect(desk.connect({ url: "http://127.0.0.1:1" })).rejects.toMatchObject({
      reason: "Unreachable",
    });
  });

  test("a certificate that nobody vouches for is refused before anything is sent, unless its file is named", async ({
    desk,
    original,
  }) => {
    const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
      keyType: "ec",
      extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
    });
    const asked: string[] = [];
    const server = createTlsServer({ key, cert }, (request, response) => {
      asked.push(request.url!);
      response.writeHead(200, { "content-type": "application/json" }).end('{"Health":"Running"}\n');
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const caFile = join(original.root, "ca.pem");
    await expect(desk.connect({ url })).rejects.toMatchObject({ reason: "CertificateRefused" });
    await expect(desk.connect({ url, caFile })).rejects.toMatchObject({ reason: "CertificateRefused" });
    expect(asked).toEqual([]);
    await writeFile(caFile, cert);
    for (const options of [{ caFile }, { skipVerify: true }]) {
      const link = await desk.connect({ url, ...options });
      expect(link.capabilities.atomic).toBe(false);
    }
    server.closeAllConnections();
    server.close();
  });

  test("a wrong token is Unauthorized, and no message shows it", async ({ desk, original }) => {
    const error: unknown = await desk
      .connect({ url: original.url, tokenEnv: "T", env: { T: "s3cret-value" } })
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ reason: "Unauthorized" });
    expect((error as Error).message).not.toContain("s3cret-value");
    const unset = desk.connect({ url: original.url, tokenEnv: "NOT_SET", env: {} });
    await expect(unset).rejects.toMatchObject({
      reason: "Unauthorized",
      message: expect.stringContaining("NOT_SET"),
    });
  });
});
