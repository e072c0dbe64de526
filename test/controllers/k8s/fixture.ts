import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import { CustomImage, K8sResource } from "../../../apis/v1alpha1/index.ts";
import type { Client, ObjectInput } from "../../../client/index.ts";
import type { RunningServer } from "../../../cmd/compose/index.ts";
import { ensureCertificate } from "../../../server/http/index.ts";
import { openTestInstance } from "../../helpers/instance.ts";
import { TestCluster } from "./cluster/cluster.ts";

export type Spec = Partial<ObjectInput<typeof K8sResource>["spec"]>;

export const WAIT = { timeout: 20_000, interval: 25 };
export const NAME = { namespace: "default", name: "web" };

/** A cluster, a project, and a server of tiltish with all controllers. */
export class Loop {
  readonly cluster: TestCluster;
  readonly home: string;
  readonly root: string;
  readonly #others: TestCluster[] = [];
  readonly #seconds: RunningServer[] = [];
  #instance: RunningServer | undefined;

  constructor(cluster: TestCluster, home: string) {
    [this.cluster, this.home] = [cluster, home];
    this.root = join(home, "project");
  }

  get client(): Client {
    return this.#instance!.client;
  }

  get kubeconfig(): string {
    return join(this.home, "kubeconfig");
  }

  async open(): Promise<void> {
    this.#instance = await openTestInstance(this.root);
  }

  /** A second server of tiltish, with a project of its own; its client. */
  async anotherTiltish(): Promise<Client> {
    const root = join(this.home, "second", "project");
    await mkdir(root, { recursive: true });
    const instance = await openTestInstance(root);
    this.#seconds.push(instance);
    return instance.client;
  }

  /** The server ends, and what it has stored stays. */
  async shut(): Promise<void> {
    await this.#instance?.close();
    this.#instance = undefined;
  }

  create(spec: Spec): Promise<K8sResource> {
    return this.client.create(K8sResource, NAME, { kubeconfig: this.kubeconfig, ...spec });
  }

  /** Changes the spec. */
  async change(spec: Spec): Promise<void> {
    await this.client.patch(K8sResource, NAME, { spec });
  }

  async status(): Promise<NonNullable<K8sResource["status"]>> {
    return (await this.client.get(K8sResource, NAME))?.status ?? {};
  }

  async condition(type = "Ready"): Promise<{ status?: string; reason?: string; message?: string }> {
    const found = (await this.status()).conditions?.find((each) => each.type === type);
    return found ? { status: found.status, reason: found.reason, message: found.message } : {};
  }

  /** Waits until a condition is as given. */
  async until(type: string, wanted: { status?: string; reason?: string; message?: unknown }): Promise<void> {
    await expect
      .poll(() => this.condition(type), WAIT)
      .toMatchObject(wanted)
      .catch(async (cause: unknown) => {
        throw new Error(`${type} is not ${JSON.stringify(wanted)}: ${JSON.stringify(await this.status())}`, {
          cause,
        });
      });
  }

  async ready(): Promise<void> {
    await this.until("Ready", { status: "True" });
  }

  async events(): Promise<{ reason?: string; message?: string; count?: number }[]> {
    const { items } = await this.client.list(Event, { namespace: "default" });
    return items.filter(({ involvedObject }) => involvedObject.kind === "K8sResource");
  }

  async log(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.client.log(K8sResource, NAME)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  /** One more cluster, until the end of the test. */
  async anotherCluster(): Promise<TestCluster> {
    const cluster = await TestCluster.start(join(this.home, "another"));
    this.#others.push(cluster);
    return cluster;
  }

  async stopOthers(): Promise<void> {
    for (const instance of this.#seconds) await instance.close();
    for (const cluster of this.#others) await cluster.stop();
  }

  /** Of an authority that nobody here has. */
  async otherCertificate(): Promise<string> {
    return (await ensureCertificate(await mkdtemp(join(this.home, "other-")))).cert;
  }

  /** An image that a command builds; the reference that it has in the end. */
  async image(name: string, config: string, ref: string): Promise<void> {
    const argv = ["sh", "-c", `echo ${ref} > ${name}.ref`];
    const spec = { refs: { config }, commandTemplate: { argv }, skipsLocalDocker: true };
    await this.client.create(
      CustomImage,
      { namespace: "default", name },
      { ...spec, outputsImageRefTo: `${name}.ref` },
    );
  }

  /** How often an object was applied. */
  applied(pattern = /./): number {
    return this.cluster.front.count("PATCH", pattern);
  }
}

export const test = base.extend<{ loop: Loop }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  loop: async ({}, use) => {
    const home = await mkdtemp(join(tmpdir(), "tiltish-k8s-"));
    const cluster = await TestCluster.start(join(home, "cluster"));
    const loop = new Loop(cluster, home);
    await mkdir(loop.root, { recursive: true });
    await cluster.writeKubeconfig(loop.kubeconfig);
    await loop.open();
    await use(loop);
    await loop.shut();
    await cluster.stop();
    await loop.stopOthers();
    await rm(home, { recursive: true, force: true });
  },
});

export const deployment = (name = "web", image = "web:1", more: object = {}): string =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "app", image }] },
      },
      ...more,
    },
  });

export const configMap = (name: string, data: Record<string, string> = { a: "1" }): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });

/** Several documents. */
export const yaml = (...documents: string[]): string => documents.map((text) => `---\n${text}\n`).join("");
