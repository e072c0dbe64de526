import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { lookup } from "node:dns/promises";
import { expect, test as plain } from "vitest";
import { K8sResource } from "../../../apis/v1alpha1/index.ts";
import { Forward } from "../../../controllers/k8s/forwards/forward.ts";
import { deployment, type Loop, NAME, test, WAIT } from "./fixture.ts";

/** What runs in the container: answers with a greeting and what it was sent. */
function echo(greeting: string): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => socket.write(`${greeting} ${data.toString()}`));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

/** Sends a text and gives what comes back; empty if the connection ends before. */
function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: "localhost", port }, () => socket.write(text));
    socket.on("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.on("error", () => resolve(""));
    socket.on("close", () => resolve(""));
  });
}

const forwards = async (loop: Loop) => (await loop.status()).portForwards ?? [];
const listening = (loop: Loop) =>
  expect
    .poll(async () => (await forwards(loop)).filter(({ startTime }) => startTime).length, WAIT)
    .toBeGreaterThan(0);

test("K8S-14: a port leads to the pod that runs, to none that is pending, and goes with the pod and the object", async ({
  loop,
}) => {
  const app = await echo("hello");
  loop.cluster.ports.listen(8080, app.port);
  loop.cluster.workloads.isSlow = true;
  await loop.create({ yaml: deployment(), portForwards: [{ containerPort: 8080 }] });
  await loop.until("PodsReady", { reason: "PodsNotReady" });
  expect(await forwards(loop)).toEqual([]);
  loop.cluster.workloads.isSlow = false;
  await loop.cluster.workloads.again();
  await listening(loop);
  const [{ localPort, pod } = { localPort: 0 }] = await forwards(loop);
  expect(await ask(localPort, "there")).toBe("hello there");
  expect(await ask(localPort, "x".repeat(100))).toMatch(/^hello x+$/);
  loop.cluster.workloads.isIdle = true;
  await loop.cluster.delete("Pod", pod!);
  await expect.poll(() => forwards(loop), WAIT).toEqual([]);
  expect(await ask(localPort, "there")).toBe("");
  loop.cluster.workloads.isIdle = false;
  await loop.cluster.workloads.again();
  await listening(loop);
  const [{ localPort: again } = { localPort: 0 }] = await forwards(loop);
  await loop.client.delete(K8sResource, NAME);
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect(await ask(again, "there")).toBe("");
  app.server.close();
});

test("K8S-15: of two ports the one that is taken says so and works when it is free, the other works", async ({
  loop,
}) => {
  const [app, taken] = [await echo("hello"), await echo("other")];
  loop.cluster.ports.listen(8080, app.port);
  await loop.create({
    yaml: deployment(),
    portForwards: [
      { containerPort: 8080, localPort: taken.port, host: "127.0.0.1", name: "taken" },
      { containerPort: 8080, name: "free" },
    ],
  });
  const named = async (name: string) => (await forwards(loop)).find((each) => each.name === name);
  await expect.poll(() => named("free"), WAIT).toMatchObject({ startTime: expect.any(String) });
  expect(await ask((await named("free"))!.localPort, "there")).toBe("hello there");
  await expect
    .poll(() => named("taken"), WAIT)
    .toMatchObject({ error: expect.stringMatching(/is taken: end who has it, or choose another localPort/) });
  taken.server.close();
  await expect.poll(async () => (await named("taken"))?.startTime, WAIT).toBeDefined();
  expect((await named("taken"))?.error).toBeUndefined();
  expect(await ask(taken.port, "there")).toBe("hello there");
  app.server.close();
});

test("who connects while the way is broken waits until there is one", async ({ loop }) => {
  const app = await echo("hello");
  loop.cluster.ports.listen(8080, app.port);
  loop.cluster.ports.isBroken = true;
  await loop.create({ yaml: deployment(), portForwards: [{ containerPort: 8080 }] });
  await listening(loop);
  const [{ localPort } = { localPort: 0 }] = await forwards(loop);
  const answer = ask(localPort, "there");
  await expect.poll(async () => (await forwards(loop))[0]?.error, WAIT).toMatch(/no way to Pod\/web-/);
  loop.cluster.ports.isBroken = false;
  expect(await answer).toBe("hello there");
  await expect.poll(async () => (await forwards(loop))[0]?.error, WAIT).toBeUndefined();
  app.server.close();
});

test("who has said all that it wants to say is answered all the same", async ({ loop }) => {
  const app = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("data", (data) => setTimeout(() => socket.end(`late ${data.toString()}`), 100));
  });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  loop.cluster.ports.listen(8080, (app.address() as AddressInfo).port);
  await loop.create({ yaml: deployment(), portForwards: [{ containerPort: 8080 }] });
  await listening(loop);
  const [{ localPort } = { localPort: 0 }] = await forwards(loop);
  const socket = connect({ host: "localhost", port: localPort, allowHalfOpen: true });
  socket.end("question");
  let answer = "";
  for await (const bytes of socket) answer += String(bytes);
  expect(answer).toBe("late question");
  app.close();
});

test("that nothing listens in the container is told for the port", async ({ loop }) => {
  await loop.create({ yaml: deployment(), portForwards: [{ containerPort: 9999 }] });
  await listening(loop);
  const [{ localPort } = { localPort: 0 }] = await forwards(loop);
  expect(await ask(localPort, "there")).toBe("");
  await expect.poll(async () => (await forwards(loop))[0]?.error, WAIT).toMatch(/error forwarding port 9999/);
});

plain(
  "a port that is closed while the name of its host is looked up is not listened to after that",
  async () => {
    const { server, port } = await echo("nobody");
    await new Promise((resolve) => server.close(resolve));
    const nothing = undefined as never;
    const spec = { host: "localhost", localPort: port, containerPort: 1 };
    const pod = { namespace: "default", name: "p" };
    new Forward(spec, { cluster: nothing, pod, onChange: () => undefined }).close();
    await lookup("localhost");
    await new Promise((resolve) => setImmediate(resolve));
    const isRefused = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ host: "localhost", port }, () => resolve(!socket.destroy()));
        socket.on("error", () => resolve(true));
      });
    await expect.poll(isRefused, WAIT).toBe(true);
  },
);
