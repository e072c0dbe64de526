import { chmod, readlink, rm, stat, symlink } from "node:fs/promises";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { ConnectionLostError, StageError } from "../../../../controllers/cfapp/transports/transport.ts";
import { test, urlOf } from "./fixture.ts";

const SUPERVISOR = { mode: "Supervisor", signal: "TERM", graceSeconds: 2 } as const;
const READY = { ...SUPERVISOR, readiness: { path: "/", timeoutSeconds: 20 } };

describe("a controller of ours", () => {
  test("can do all that a sync asks for", async ({ container, desk }) => {
    await container.start({}, { CF_INSTANCE_GUID: "guid-1" });
    const link = await desk.connect({ url: urlOf(container) });
    expect(link.capabilities).toEqual({
      deletes: true,
      modes: true,
      links: true,
      atomic: true,
      restarts: true,
    });
    expect(link.greeting).toMatchObject({
      instanceGuid: "guid-1",
      revision: "",
      treeHash: "",
      committedIn: "",
    });
    expect(link.greeting.freeBytes).toBeGreaterThan(0);
  });

  test("has files, modes, links and directories as they are here, and loses what goes here", async ({
    container,
    desk,
  }) => {
    await container.start();
    await container.write("node_modules/kept.js", "not ours");
    await desk.write({
      "app.js": "console.log(1)",
      "lib/a.txt": "a",
      "lib/b.txt": "b",
      "bin/run": "#!/bin/sh",
      "größe 1.txt": "ü",
    });
    await chmod(join(desk.root, "bin/run"), 0o755);
    await symlink("lib/a.txt", join(desk.root, "link"));
    const link = await desk.connect({ url: urlOf(container) });
    expect(await desk.sync(link)).toMatchObject({ result: "ok" });
    expect((await stat(container.path("bin/run"))).mode & 0o777).toBe(0o755);
    expect(await readlink(container.path("link"))).toBe("lib/a.txt");
    await rm(join(desk.root, "lib"), { recursive: true });
    await rm(join(desk.root, "link"));
    await desk.write({ lib: "a file now" });
    expect(await desk.sync(link)).toMatchObject({ result: "ok" });
    const { tree, tracked } = await link.list();
    const ours = new Map([...tree].filter(([path]) => !path.startsWith("node_modules")));
    expect(ours).toEqual(new Map(await desk.tree()));
    expect([...tracked].toSorted()).toEqual([...(await desk.tree()).keys()].toSorted());
    expect(await container.read("node_modules/kept.js")).toBe("not ours");
  });

  test("tells the revision and the tree hash to the next connection", async ({ container, desk }) => {
    await container.start({}, { CF_INSTANCE_GUID: "guid-1" });
    const link = await desk.connect({ url: urlOf(container) });
    await desk.write({ "a.txt": "a" });
    const set = await desk.setFor(await link.list());
    await (await link.stage(set)).commit();
    const { greeting } = await desk.connect({ url: urlOf(container) });
    expect(greeting).toMatchObject({
      revision: set.revision,
      treeHash: set.plan.treeHash,
      committedIn: "guid-1",
    });
  });

  test("nobody sees a set before it is committed", async ({ container, desk }) => {
    await container.start();
    const link = await desk.connect({ url: urlOf(container) });
    await desk.write({ "a.txt": "a" });
    const staged = await link.stage(await desk.setFor(await link.list()));
    await expect(container.read("a.txt")).rejects.toThrow("ENOENT");
    await staged.commit();
    expect(await container.read("a.txt")).toBe("a");
  });

  test("a set and its commit can go in one request, and a second time it does nothing", async ({
    container,
    desk,
  }) => {
    await container.start();
    const link = await desk.connect({ url: urlOf(container) });
    await desk.write({ "a.txt": "a" });
    const set = await desk.setFor(await link.list());
    expect(await link.sync!(set)).toMatchObject({ result: "ok" });
    await container.write("a.txt", "changed there");
    expect(await link.sync!(set)).toMatchObject({ result: "ok" });
    expect(await container.read("a.txt")).toBe("changed there");
  });

  test("restarts the app and tells when it answers, and how long that took", async ({ container, desk }) => {
    await (await container.start()).ready();
    const link = await desk.connect({ url: urlOf(container) });
    await desk.write({ "version.txt": "two", "app.js": await container.read("app.js") });
    const outcome = await desk.sync(link, { restart: READY });
    expect(outcome).toMatchObject({ result: "ready", pid: expect.any(Number) });
    expect(Object.keys(outcome.durationsMs!).toSorted()).toEqual(["apply", "ready", "restart", "send"]);
    expect(JSON.parse((await container.ask("GET", "/")).body)).toMatchObject({ version: "two" });
  });

  test("an app that ends at once is told, with its exit and its last lines, and a good set brings it back", async ({
    container,
    desk,
  }) => {
    await (await container.start()).ready();
    const good = await container.read("app.js");
    const link = await desk.connect({ url: urlOf(container) });
    await desk.write({ "app.js": "console.error('no such thing'); process.exit(3)" });
    expect(await desk.sync(link, { restart: READY })).toMatchObject({
      result: "crashed",
      exit: "3",
      output: "no such thing\n",
    });
    await desk.write({ "app.js": good });
    expect(await desk.sync(link, { restart: READY })).toMatchObject({ result: "ready" });
  });

  test("an app that runs and does not answer is told", async ({ container, desk }) => {
    await (await container.start()).ready();
    const link = await desk.connect({ url: urlOf(container) });
    await desk.write({ "app.js": "console.log('busy'); setInterval(() => {}, 1000)" });
    const restart = { ...SUPERVISOR, readiness: { path: "/", timeoutSeconds: 1 } };
    expect(await desk.sync(link, { restart })).toMatchObject({ result: "notready", output: "busy\n" });
  });

  test("a later set supersedes one that waits for its app", async ({ container, desk }) => {
    await (await container.start()).ready();
    const link = await desk.connect({ url: urlOf(container) });
    await desk.write({ "app.js": "setInterval(() => {}, 1000)" });
    const restart = { ...SUPERVISOR, readiness: { path: "/", timeoutSeconds: 60 } };
    const set = await desk.setFor(await link.list(), { restart });
    const first = (await link.stage(set)).commit();
    await expect.poll(() => container.read("app.js")).toBe("setInterval(() => {}, 1000)");
    await desk.write({ "b.txt": "b" });
    const other = await desk.connect({ url: urlOf(container) });
    await desk.sync(other);
    expect(await first).toMatchObject({ result: "superseded" });
  });

  test("a command can restart the app in its own way", async ({ container, desk }) => {
    await container.start();
    const link = await desk.connect({ url: urlOf(container) });
    await desk.write({ "a.txt": "a" });
    const touch = { mode: "Command", command: ["cp", "a.txt", "was here"] } as const;
    expect(await desk.sync(link, { restart: touch })).toMatchObject({ result: "ok" });
    expect(await container.read("was here")).toBe("a");
    await desk.write({ "a.txt": "b" });
    const fails = {
      mode: "Command",
      command: ["node", "-e", "console.log('why'); process.exit(4)"],
    } as const;
    expect(await desk.sync(link, { restart: fails })).toMatchObject({
      result: "crashed",
      exit: "4",
      output: "why\n",
    });
  });

  test("a file that is not what the plan says is no set: nothing changes", async ({ container, desk }) => {
    await container.start();
    const link = await desk.connect({ url: urlOf(container) });
    await desk.write({ "a.txt": "a", "b.txt": "b" });
    const set = await desk.setFor(await link.list());
    await desk.write({ "b.txt": "x" });
    await expect(link.stage(set)).rejects.toThrow(StageError);
    await expect(container.read("a.txt")).rejects.toThrow("ENOENT");
    await rm(join(desk.root, "b.txt"));
    await expect(link.stage(set)).rejects.toThrow("ENOENT");
    await link.ping();
  });

  test("a large file with little that is new is sent as what is new", async ({ container, desk }) => {
    const { chunksOf } = await import("../../../../controllers/sync/index.ts");
    const { randomBytes } = await import("node:crypto");
    const { createReadStream } = await import("node:fs");
    await container.start();
    const big = randomBytes(4_000_000);
    await desk.write({ "big.bin": big });
    const link = await desk.connect({ url: urlOf(container) });
    await desk.sync(link);
    const base = await chunksOf(createReadStream(join(desk.root, "big.bin")));
    big[2_000_000]! ^= 1;
    await desk.write({ "big.bin": big });
    const next = await chunksOf(createReadStream(join(desk.root, "big.bin")));
    const { bytesSent } = await desk.sync(link, { chunks: () => ({ base, next }) });
    expect(bytesSent).toBeLessThan(200_000);
    expect((await link.list()).tree.get("big.bin")).toEqual((await desk.tree()).get("big.bin"));
  });

  test("a link that was opened before somebody else's set is lost with its next one", async ({
    container,
    desk,
  }) => {
    await container.start();
    const [mine, other] = [
      await desk.connect({ url: urlOf(container) }),
      await desk.connect({ url: urlOf(container) }),
    ];
    await desk.write({ "a.txt": "a" });
    const listing = await mine.list();
    await desk.sync(other);
    await desk.write({ "a.txt": "mine" });
    const staged = await mine.stage(await desk.setFor(listing));
    await expect(staged.commit()).rejects.toThrow(ConnectionLostError);
    expect(await container.read("a.txt")).toBe("a");
    expect(await mine.closed).toBeInstanceOf(ConnectionLostError);
  });

  test("a router that ends what lasts for long does not end the link", async ({ container, desk }) => {
    await container.start();
    const sockets: Socket[] = [];
    const router = createServer((client) => {
      const app = connect(container.port, "127.0.0.1");
      sockets.push(client);
      for (const socket of [client, app]) socket.on("error", () => undefined);
      client.pipe(app).pipe(client);
    }).listen(0, "127.0.0.1");
    await once(router, "listening");
    const url = `http://127.0.0.1:${(router.address() as AddressInfo).port}`;
    const link = await desk.connect({ url });
    await link.ping();
    const before = sockets.length;
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => sockets.length).toBeGreaterThan(before);
    await desk.write({ "a.txt": "a" });
    expect(await desk.sync(link)).toMatchObject({ result: "ok" });
    link.close();
    router.close();
  });

  test("the end of the controller ends the link", async ({ container, desk }) => {
    await container.start();
    const link = await desk.connect({ url: urlOf(container) });
    await container.close();
    expect(await link.closed).toBeInstanceOf(ConnectionLostError);
    await expect(link.list()).rejects.toThrow(ConnectionLostError);
  });

  test("with extensions Off it is spoken to in the original protocol", async ({ container, desk }) => {
    await container.start();
    const link = await desk.connect({ url: urlOf(container), extensions: "Off" });
    expect(link.capabilities.atomic).toBe(false);
    await desk.write({ "a.txt": "a" });
    expect(await desk.sync(link)).toMatchObject({ result: "ok" });
    expect(await container.read("a.txt")).toBe("a");
  });
});
