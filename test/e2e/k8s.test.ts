import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base, vi } from "vitest";
import { TestCluster } from "../controllers/k8s/cluster/cluster.ts";
import { Example } from "./example.ts";

const WAIT = { timeout: 30_000, interval: 50 };

const test = base.extend<{ cluster: TestCluster }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  cluster: async ({}, use) => {
    const home = await mkdtemp(join(tmpdir(), "tiltish-k8s-example-"));
    const cluster = await TestCluster.start(join(home, "cluster"));
    await cluster.writeKubeconfig(join(home, "config"));
    vi.stubEnv("KUBECONFIG", join(home, "config"));
    await use(cluster);
    vi.unstubAllEnvs();
    await cluster.stop();
    await rm(home, { recursive: true, force: true });
  },
});

test("the example k8s: tiltish up applies a directory, leads a port to the pod, and shows its output", async ({
  cluster,
}) => {
  const app = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  cluster.ports.listen(8080, (app.address() as AddressInfo).port);
  const example = await Example.open("k8s", [7580]);
  const { session } = example;
  await expect.poll(() => cluster.get("Deployment", "web"), WAIT).toBeDefined();
  const waited = await session.run("wait", "--for=condition=Ready", "k8sresource/web", "--timeout=30s");
  expect(waited).toMatchObject({ exitCode: 0 });
  const object = await session.get<{ status: Status }>("k8sresource", "web");
  const { pods, portForwards } = object!.status;
  const answer = await fetch(`http://localhost:${portForwards[0]!.localPort}/`);
  expect(await answer.text()).toBe("hi");
  const pod = pods[0]!.name;
  cluster.logs.write(`${pod}/web`, "GET / 200");
  await expect.poll(() => example.output, WAIT).toContain(`[${pod} web] GET / 200`);
  expect((await session.run("logs", "k8sresource/web")).stdout).toContain(`[${pod} web] GET / 200`);
  expect((await session.run("why", "web")).stdout).toMatch(/K8sResource/);
  const triggered = await session.run("trigger", "kr/web", "--wait");
  expect(triggered).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/is applied and ready/) });
  app.close();
});

interface Status {
  pods: { name: string }[];
  portForwards: { localPort: number }[];
}
