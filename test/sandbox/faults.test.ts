import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import ssh2 from "ssh2";
import { describe, expect, test as base } from "vitest";
import { Sandbox } from "../../sandbox/index.ts";
import { Wire } from "../../sandbox/wire/index.ts";
import { type Rig, test as sandboxed } from "./fixture.ts";

/** A wire to a server that sends back what it gets. */
const test = base.extend<{ wire: Wire }>({
  // oxlint-disable-next-line no-empty-pattern
  wire: async ({}, use) => {
    const sockets = new Set<Socket>();
    const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.pipe(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const wire = await Wire.open((server.address() as AddressInfo).port);
    await use(wire);
    await wire.close();
    for (const socket of sockets) socket.destroy();
    await promisify(server.close.bind(server))();
  },
});

async function client(wire: Wire) {
  const socket = connect({ port: wire.port, host: "127.0.0.1", allowHalfOpen: true });
  const got = { text: "", error: "", isClosed: false };
  socket.setEncoding("utf8");
  socket.on("data", (bytes: string) => (got.text += bytes));
  socket.on("error", ({ code }: NodeJS.ErrnoException) => (got.error = code!));
  for (const end of ["end", "close"]) socket.on(end, () => (got.isClosed = true));
  await once(socket, "connect");
  return { socket, got };
}

describe("a wire", () => {
  test("carries what is sent, both ways, and the end of it", async ({ wire }) => {
    const { socket, got } = await client(wire);
    const sent = "0123456789".repeat(500_000);
    socket.end(sent);
    await once(socket, "end");
    expect(got.text === sent).toBe(true);
    expect(wire.bytes).toEqual({ up: sent.length, down: sent.length });
    await expect.poll(() => wire.open).toBe(0);
  });

  test("is as long as it is told to be: a connection takes one round trip, an answer another one", async ({
    wire,
  }) => {
    wire.latencyMs = 200;
    const started = performance.now();
    const { socket, got } = await client(wire);
    socket.write("a");
    await expect.poll(() => got.text, { interval: 5 }).toBe("a");
    const first = performance.now();
    expect(first - started).toBeGreaterThanOrEqual(395);
    socket.write("b");
    await expect.poll(() => got.text, { interval: 5 }).toBe("ab");
    expect(performance.now() - first).toBeGreaterThanOrEqual(195);
    socket.destroy();
  });

  test("delivers as much as it was told to before it is cut, in the direction that was said", async ({
    wire,
  }) => {
    const { socket, got } = await client(wire);
    socket.write("before");
    await expect.poll(() => got.text).toBe("before");
    const cut = wire.cutAfter(4, { direction: "down" });
    socket.write("1234567");
    await cut;
    await expect.poll(() => got.isClosed).toBe(true);
    expect(got.text).toBe("before1234");
    const next = await client(wire);
    next.socket.end("fine");
    expect(await text(next.socket)).toBe("fine");
  });

  test("may be cut with a reset", async ({ wire }) => {
    const { socket, got } = await client(wire);
    const cut = wire.cutAfter(0, { ending: "reset" });
    socket.write("1");
    await cut;
    await expect.poll(() => got.error).toBe("ECONNRESET");
  });

  test("may fall silent, and nobody is told; what was sent arrives when it is heard again", async ({
    wire,
  }) => {
    const { socket, got } = await client(wire);
    socket.write("a");
    await expect.poll(() => got.text).toBe("a");
    wire.silence(true);
    socket.write("b");
    const other = await client(wire);
    other.socket.write("x");
    await expect.poll(() => wire.bytes.up).toBeGreaterThanOrEqual(1);
    expect([got.text, other.got.text, got.isClosed]).toEqual(["a", "", false]);
    wire.silence(false);
    await expect.poll(() => [got.text, other.got.text]).toEqual(["ab", "x"]);
    for (const one of [socket, other.socket]) one.destroy();
  });

  test("may refuse whoever comes, and drop who is there", async ({ wire }) => {
    const { got } = await client(wire);
    wire.refuse(true);
    wire.drop();
    await expect.poll(() => got.isClosed).toBe(true);
    const other = connect(wire.port, "127.0.0.1");
    await expect(once(other, "data")).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

describe("a foundation", () => {
  sandboxed("may be far away for all that goes to it", async ({ rig }) => {
    rig.cf.latencyMs = 100;
    const started = performance.now();
    await rig.cc.platform();
    // A connection, its encryption, a request.
    expect(performance.now() - started).toBeGreaterThanOrEqual(295);
  });

  sandboxed("ends the connections into a container with it", async ({ rig }) => {
    await rig.push("exec sleep 1000");
    const ssh = await login(rig);
    const closed = once(ssh, "close");
    await rig.app.instances[0]!.replace();
    await closed;
  });

  sandboxed("may end by itself, and nothing that ran there goes on", async ({ rig }) => {
    await rig.push("exec sleep 1000");
    const ssh = await login(rig);
    await promisify(ssh.exec.bind(ssh) as Exec)("setsid sleep 1000");
    const { pid } = rig.app.instances[0]!;
    await rig.cf.close();
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});

type Exec = (command: string, done: (error: Error | undefined, channel: unknown) => void) => void;

async function login({ cf, app }: Rig): Promise<ssh2.Client> {
  const ssh = new ssh2.Client();
  ssh.on("error", () => undefined);
  const ready = once(ssh, "ready");
  const username = `cf:${app.processGuid}/0`;
  ssh.connect({ ...cf.ssh, username, password: cf.sshCode(), hostVerifier: () => true });
  await ready;
  return ssh;
}

sandboxed("a disk that is full is full for the app alone, where that can be had", async ({ rig }) => {
  const directory = join(rig.home, "small");
  const small = await Sandbox.start({ directory, enforceQuota: true, timing: { stopMs: 100 } });
  const source = await rig.directory("source", { "hello.txt": "hello\n" });
  await small.app("web").push(source, "exec sleep 1000", { diskMb: 4 });
  const instance = small.app("web").instances[0]!;
  expect(await readFile(join(instance.home, "app/hello.txt"), "utf8")).toBe("hello\n");
  const ssh = new ssh2.Client();
  ssh.connect({
    ...small.ssh,
    username: `cf:${small.app("web").processGuid}/0`,
    password: small.sshCode(),
    hostVerifier: () => true,
  });
  await once(ssh, "ready");
  const problem = await new Promise<string>((resolve, reject) =>
    ssh.exec("head -c 8000000 /dev/zero > app/large", (error, channel) =>
      error ? reject(error) : resolve(text(channel.stderr)),
    ),
  );
  ssh.end();
  expect(problem).toContain("No space left on device");
  await small.close();
});
