import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { describe, expect } from "vitest";
import { Tally } from "../../../controllers/localprocess/probes/tally.ts";
import { probeOf, sh, test } from "./engine.ts";

const SLEEP = ["sleep", "600"];
const http = (port: number | string, path = "/") => ({
  port,
  path,
  host: "127.0.0.1",
  scheme: "HTTP" as const,
});
const tcp = (port: number | string) => ({ port, host: "localhost" });

describe("a readiness probe", () => {
  test("CMD-4 that passes makes the process ready, and the log says when", async ({ engine }) => {
    const readinessProbe = probeOf({ exec: { command: sh("test -e ready") } });
    const web = engine.run({ argv: sh("sleep 0.3; touch ready; sleep 600"), readinessProbe });
    await expect.poll(() => web.observation).toMatchObject({ state: "Running", ready: false });
    await expect.poll(() => web.observation.message).toContain("exec sh exited with 1");
    await expect.poll(() => web.observation).toMatchObject({ ready: true, message: "" });
    expect(await engine.log()).toBe("[tiltish] ready\n");
    expect(engine.events.map(({ reason }) => reason)).toEqual(["Started", "Ready"]);
  });

  test("sees a server soon after it answers, however long its period", async ({ engine }) => {
    const script = `require("http").createServer((q, r) => r.end("ok")).listen(process.env.PORT)`;
    const web = engine.run({
      argv: [process.execPath, "-e", script],
      env: { PORT: "$(port:web)" },
      ports: [{ name: "web", port: 0 }],
      readinessProbe: probeOf({ httpGet: { ...http("web"), host: "localhost" }, periodSeconds: 3600 }),
    });
    await expect.poll(() => web.observation.ready, { timeout: 3000 }).toBe(true);
  });

  test("that fails often enough takes readiness away, and gives it back", async ({ engine }) => {
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status).end()).listen(0);
    const { port } = server.address() as AddressInfo;
    const web = engine.run({
      argv: SLEEP,
      readinessProbe: probeOf({ httpGet: http(port), failureThreshold: 1 }),
    });
    await expect.poll(() => web.observation.ready).toBe(true);
    status = 500;
    await expect.poll(() => web.observation.ready, { timeout: 3000 }).toBe(false);
    expect(web.observation.message).toBe(`http 127.0.0.1:${port}/ answered 500`);
    status = 302;
    await expect.poll(() => web.observation.ready, { timeout: 3000 }).toBe(true);
    expect(web.observation.run).toBe(1);
    server.close();
  });

  test("of a port says what is wrong with it", async ({ engine }) => {
    const server = createTcpServer().listen(0);
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const web = engine.run({ argv: SLEEP, readinessProbe: probeOf({ tcpSocket: tcp(port) }) });
    await expect.poll(() => web.observation.message).toBe(`tcp localhost:${port} refused`);
    server.listen(port);
    await expect.poll(() => web.observation.ready).toBe(true);
    server.close();
  });

  test("of a server that wants to speak something else fails, and goes on asking", async ({ engine }) => {
    let asked = 0;
    const server = createTcpServer((socket) => {
      asked++;
      socket.on("error", () => undefined);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const web = engine.run({ argv: SLEEP, readinessProbe: probeOf({ httpGet: http(port) }) });
    await expect.poll(() => web.observation.message).toContain("answered 101");
    await expect.poll(() => asked).toBeGreaterThan(2);
    server.close();
  });

  test("of a server that never answers times out", async ({ engine }) => {
    const server = createTcpServer().listen(0);
    const { port } = server.address() as AddressInfo;
    const web = engine.run({ argv: SLEEP, readinessProbe: probeOf({ httpGet: http(port) }) });
    await expect.poll(() => web.observation.message, { timeout: 3000 }).toContain("timed out");
    server.close();
  });

  test("of a log line passes from the first match on, colours or not", async ({ engine }) => {
    const argv = sh(
      String.raw`echo starting; sleep 0.1; printf '\033[32mlistening\033[0m on 8080\n'; sleep 600`,
    );
    const readinessProbe = probeOf({ logLine: { pattern: "^listening on \\d+$" }, periodSeconds: 3600 });
    const web = engine.run({ argv, readinessProbe });
    await expect.poll(() => web.observation.message).toContain("no line of the log matches");
    await expect.poll(() => web.observation.ready).toBe(true);
  });

  test("that runs a program which hangs kills all of it", async ({ engine }) => {
    const readinessProbe = probeOf({ exec: { command: sh("sleep 600 & sleep 600") } });
    const web = engine.run({ argv: SLEEP, readinessProbe });
    await expect.poll(() => engine.left.length).toBeGreaterThan(2);
    await expect.poll(() => web.observation.message, { timeout: 3000 }).toBe("exec sh timed out");
    await web.end("enough");
    expect(engine.left).toEqual([]);
  });
});

describe("an http probe", () => {
  test("sends its headers, and passes on the statuses that are asked for", async ({ engine }) => {
    const server = createServer((request, response) => {
      response.statusCode = request.headers["x-key"] === "secret" ? 401 : 200;
      response.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const httpHeaders = [{ name: "X-Key", value: "secret" }];
    const good = probeOf({ httpGet: { ...http(port), httpHeaders, statusCodes: [401] } });
    const web = engine.run({ argv: SLEEP, readinessProbe: good });
    await expect.poll(() => web.observation.ready).toBe(true);
    const bad = probeOf({ httpGet: { ...http(port), statusCodes: [204] }, failureThreshold: 1 });
    const other = engine.run({ argv: SLEEP, readinessProbe: bad }, "other");
    await expect.poll(() => other.observation.message).toContain("answered 200, not 204");
    expect(engine.events).toContainEqual(expect.objectContaining({ type: "Warning", reason: "Unhealthy" }));
    server.close();
  });
});

describe("a liveness probe", () => {
  test("that fails restarts the process, and is the cause", async ({ engine }) => {
    const livenessProbe = probeOf({ exec: { command: sh("test ! -e broken") }, failureThreshold: 1 });
    const web = engine.run({ argv: sh("rm -f broken; sleep 0.2; touch broken; sleep 600"), livenessProbe });
    await expect
      .poll(() => web.observation, { timeout: 5000 })
      .toMatchObject({ run: 2, cause: { type: "Probe" } });
    expect(web.observation.restarts).toBe(1);
    expect(engine.events).toContainEqual(expect.objectContaining({ reason: "Unhealthy" }));
  });

  test("that fails ends a process for good whose policy is Never", async ({ engine }) => {
    const livenessProbe = probeOf({ exec: { command: ["false"] }, failureThreshold: 1 });
    const web = engine.run({ argv: SLEEP, livenessProbe, restartPolicy: "Never" });
    await expect.poll(() => web.observation.state).toBe("Failed");
    expect(web.observation.message).toContain("liveness probe: exec false exited with 1");
  });
});

describe("a startup probe", () => {
  test("holds back the others until it passes", async ({ engine }) => {
    const web = engine.run({
      argv: sh("sleep 0.4; touch up; sleep 600"),
      startupProbe: probeOf({ exec: { command: sh("test -e up") } }),
      livenessProbe: probeOf({ exec: { command: sh("test -e up") }, failureThreshold: 1 }),
    });
    await expect.poll(() => web.observation).toMatchObject({ state: "Starting", ready: false });
    await expect.poll(() => web.observation).toMatchObject({ state: "Running", ready: true, run: 1 });
  });

  test("that never passes restarts the process", async ({ engine }) => {
    const startupProbe = probeOf({ exec: { command: ["false"] }, failureThreshold: 1 });
    const web = engine.run({ argv: SLEEP, startupProbe, daemon: true });
    await expect.poll(() => web.observation.run).toBeGreaterThan(1);
    expect(web.observation.cause?.type).toBe("Probe");
  });
});

describe("the count of answers", () => {
  test("gives a process as much time to start as Kubernetes does, though it asks more often", () => {
    const tally = new Tally(probeOf({ periodSeconds: 10, failureThreshold: 3 }), 0);
    let now = 0;
    while (!tally.record(false, now)) now += tally.nextDelayMs();
    expect(now).toBeGreaterThanOrEqual(20_000);
    expect(now).toBeLessThan(31_000);
    expect(tally.passes).toBe(false);
  });

  test("turns after as many answers in a row as the thresholds say", () => {
    const tally = new Tally(probeOf({ successThreshold: 2, failureThreshold: 2 }), 0);
    const answers = [true, false, true, true, false, true, false, false, true, true];
    const turns = answers.map((ok, i) => tally.record(ok, i * 1000));
    expect(turns).toEqual([false, false, false, true, false, false, false, true, false, true]);
  });
});
