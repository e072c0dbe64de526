import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, test as plain } from "vitest";
import { ensureCertificate, ensureToken, writeKubeconfig } from "../../../server/http/index.ts";
import { test, TestServer } from "./harness.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tiltish-listen-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const DAY_MS = 86_400_000;

describe("state files", () => {
  plain("the token has 256 bits, is private, and stays", () => {
    const token = ensureToken(directory);
    expect(Buffer.from(token, "base64url")).toHaveLength(32);
    expect(statSync(join(directory, "token")).mode & 0o777).toBe(0o600);
    chmodSync(join(directory, "token"), 0o644);
    expect(ensureToken(directory)).toBe(token);
    expect(statSync(join(directory, "token")).mode & 0o777).toBe(0o600);
    writeFileSync(join(directory, "token"), "short");
    expect(ensureToken(directory)).not.toBe("short");
  });

  plain("the certificate is for loopback only, stays, and is renewed in time", async () => {
    const now = Date.now();
    const first = await ensureCertificate(directory, now);
    const certificate = new X509Certificate(first.cert);
    expect(certificate.subjectAltName).toBe(
      "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    );
    expect(certificate.ca).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: "prime256v1" });
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(statSync(join(directory, "tls.pem")).mode & 0o777).toBe(0o600);
    expect(await ensureCertificate(directory, now + 59 * DAY_MS)).toEqual(first);
    expect(await ensureCertificate(directory, now + 61 * DAY_MS)).not.toEqual(first);
    writeFileSync(join(directory, "tls.pem"), "damaged");
    expect((await ensureCertificate(directory)).cert).toContain("BEGIN CERTIFICATE");
  });

  plain("the kubeconfig is all that a client needs, and private", () => {
    const file = writeKubeconfig(directory, { server: "https://127.0.0.1:1", cert: "PEM", token: "T" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(load(readFileSync(file, "utf8"))).toMatchObject({
      "current-context": "tiltish",
      clusters: [{ name: "tiltish", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ user: { token: "T" } }],
      contexts: [{ context: { namespace: "default" } }],
    });
  });
});

describe("listening", () => {
  test("both loopback addresses have one port, and the pinned certificate is believed", async ({
    server,
  }) => {
    const port = server.http.address.port!;
    for (const host of ["127.0.0.1", "::1"]) {
      const authorized = await new Promise((resolve, reject) => {
        const socket = tlsConnect({ host, port, ca: server.cert, servername: "localhost" }, () => {
          resolve(socket.authorized);
          socket.destroy();
        });
        socket.once("error", reject);
      });
      expect(authorized).toBe(true);
    }
  });

  test("a port that is taken is said, with what to do, and nothing is left behind", async ({ server }) => {
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, "::1", () => resolve((other.address() as { port: number }).port)),
    );
    const failed = TestServer.start({ port });
    await expect(failed).rejects.toThrow(/port \d+ of ::1 is already in use; .*--port/);
    other.close();
    const again = TestServer.start({ port: server.http.address.port! });
    await expect(again).rejects.toThrow(/of 127.0.0.1 is already in use/);
    const freed = await TestServer.start({ port });
    expect(freed.http.address.port).toBe(port);
    await freed.stop();
  });

  test("the socket of a live server is respected, that of a dead one replaced", async ({ server }) => {
    await expect(TestServer.start({ socketPath: server.socketPath })).rejects.toThrow(
      /another server listens/,
    );
    expect(await server.ask("/readyz")).toMatchObject({ status: 200 });
    const path = join(directory, "dead.sock");
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
    expect(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" })).toThrow(
      "Command failed",
    );
    expect(existsSync(path)).toBe(true);
    const next = await TestServer.start({ socketPath: path });
    expect(await next.ask("/readyz")).toMatchObject({ status: 200 });
    await next.stop();
    expect(existsSync(path)).toBe(false);
  });

  test("connections that say nothing do not hold up the end", async ({ server }) => {
    const sockets = [connect(server.http.address.port!, "127.0.0.1"), connect(server.socketPath)];
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    for (const socket of sockets) socket.on("error", () => undefined);
    const started = Date.now();
    await server.http.close();
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  plain.skipIf(process.platform === "win32")(
    "a directory that was there keeps its mode; one that everybody can write to is refused",
    async () => {
      const socketPath = join(directory, "api.sock");
      chmodSync(directory, 0o1777);
      await expect(TestServer.start({ socketPath })).rejects.toThrow(/every user can write to .* chmod 700/);
      expect(statSync(directory).mode & 0o7777).toBe(0o1777);
      chmodSync(directory, 0o755);
      const server = await TestServer.start({ socketPath });
      expect(statSync(directory).mode & 0o7777).toBe(0o755);
      expect(statSync(socketPath).mode & 0o777).toBe(0o600);
      await server.stop();
    },
  );

  test("a file in the place of the socket is left alone", async () => {
    const path = join(directory, "file");
    writeFileSync(path, "mine");
    await expect(TestServer.start({ socketPath: path })).rejects.toThrow(/is no socket/);
    expect(readFileSync(path, "utf8")).toBe("mine");
  });
});
