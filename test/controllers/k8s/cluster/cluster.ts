import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, HttpTransport } from "../../../../client/index.ts";
import { customResourceController } from "../../../../controllers/customresources/index.ts";
import { GarbageCollector } from "../../../../controllers/gc/index.ts";
import { namespaceController } from "../../../../controllers/namespace/index.ts";
import { Manager, ServedKinds } from "../../../../controllers/runtime/index.ts";
import { Namespace } from "../../../../apis/core/index.ts";
import { CustomKinds } from "../../../../server/customresources/index.ts";
import { createHttpServer, ensureCertificate, ensureToken } from "../../../../server/http/index.ts";
import { inProcessTransport } from "../../../../server/inprocess.ts";
import { createRegistry } from "../../../../server/registry/index.ts";
import { Store } from "../../../../server/storage/index.ts";
import { Front } from "./front.ts";
import { CLUSTER_KINDS, defineWorkloads } from "./kinds.ts";
import { PodPorts } from "./forward.ts";
import { PodLogs } from "./podlogs.ts";
import { type Loose, Workloads } from "./workloads.ts";

const NO_EVENTS = { event: () => undefined };
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * A Kubernetes cluster for tests: a second server of tiltish over HTTPS, with workloads as definitions, the real garbage
 * collector, a small controller in the role of the others, and logs and ports of pods in front of it.
 */
export class TestCluster {
  readonly directory: string;
  readonly client: Client;
  readonly workloads: Workloads;
  readonly logs: PodLogs;
  readonly ports: PodPorts;
  readonly token: string;
  readonly cert: string;
  readonly front: Front;
  readonly #endings: (() => Promise<void>)[];

  private constructor(
    parts: Pick<
      TestCluster,
      "directory" | "client" | "workloads" | "logs" | "ports" | "token" | "cert" | "front"
    >,
    endings: (() => Promise<void>)[],
  ) {
    this.directory = parts.directory;
    this.client = parts.client;
    this.workloads = parts.workloads;
    this.logs = parts.logs;
    this.ports = parts.ports;
    this.token = parts.token;
    this.cert = parts.cert;
    this.front = parts.front;
    this.#endings = endings;
  }

  static async start(directory: string): Promise<TestCluster> {
    await mkdir(directory, { recursive: true });
    const store = await Store.open({ directory: join(directory, "store"), onFatal: () => undefined });
    const registry = createRegistry(store, new CustomKinds(store, CLUSTER_KINDS));
    const workloadKinds = await defineWorkloads(store);
    const token = ensureToken(directory);
    const tls = await ensureCertificate(directory);
    const http = await createHttpServer({ registry, store, token, log: SILENT });
    const socketPath = join(directory, "cluster.sock");
    await http.listen({ socketPath });
    const client = new Client(inProcessTransport({ store, registry }), { fieldManager: "cluster" });
    for (const name of ["default", "kube-system"])
      await client.createObject(Namespace, { metadata: { name } });
    const kinds = new ServedKinds(CLUSTER_KINDS);
    const manager = new Manager({ client })
      .add(kinds)
      .add(namespaceController({ kinds }))
      .add(customResourceController({ kinds }))
      .add(new GarbageCollector({ kinds, recorder: NO_EVENTS }));
    await manager.start();
    const workloads = new Workloads(client, workloadKinds);
    workloads.start();
    const [logs, ports] = [new PodLogs(), new PodPorts()];
    const front = new Front({ tls, socketPath, logs: logs.serve, forward: ports.serve });
    await front.listen();
    const endings = [
      () => front.close(),
      () => workloads.stop(),
      () => manager.stop(),
      () => http.close(),
      () => store.close(),
    ];
    const parts = { directory, client, workloads, logs, ports, token, cert: tls.cert, front };
    return new TestCluster(parts, endings);
  }

  async stop(): Promise<void> {
    for (const end of this.#endings) await end();
  }

  /** What a user has to reach it. */
  async writeKubeconfig(file: string, change: Partial<Access> = {}): Promise<void> {
    await writeFile(file, JSON.stringify(this.kubeconfig(change)));
  }

  kubeconfig(change: Partial<Access> = {}): object {
    const { context = "kind-test", server = this.front.url, token = this.token, ca = this.cert } = change;
    const { user = { token } } = change;
    return {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: context,
          cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") },
        },
      ],
      users: [{ name: context, user }],
      contexts: [{ name: context, context: { cluster: context, user: context } }],
      "current-context": context,
    };
  }

  /** What it answers to a user. */
  async request(path: string): Promise<{ code: number }> {
    const transport = new HttpTransport({ server: this.front.url, ca: this.cert, token: this.token });
    try {
      return await transport.request("GET", path);
    } catch (error) {
      return error as { code: number };
    } finally {
      transport.close();
    }
  }

  /** An object in it. */
  async get(kind: string, name: string, namespace = "default"): Promise<Loose | undefined> {
    return (await this.client.get(this.workloads.kind(kind), { namespace, name })) as Loose | undefined;
  }

  /** As somebody else would. */
  async create(kind: string, text: string): Promise<void> {
    const { metadata, spec } = JSON.parse(text) as Loose;
    await this.client.createObject(this.workloads.kind(kind), { metadata, spec });
  }

  async delete(kind: string, name: string): Promise<void> {
    await this.client.delete(this.workloads.kind(kind), { namespace: "default", name });
  }
}

interface Access {
  context: string;
  server: string;
  token: string;
  ca: string;
  user: object;
}
