import { join } from "node:path";
import { isReason } from "../apis/errors.ts";
import { ALL_KINDS } from "../apis/index.ts";
import { Namespace } from "../apis/core/index.ts";
import { ROOT_ANNOTATION } from "../apis/meta.ts";
import type { Transport } from "../apis/transport.ts";
import { TokenDirectory } from "./auth/index.ts";
import { CustomKinds } from "./customresources/index.ts";
import {
  createHttpServer,
  ensureCertificate,
  ensureToken,
  type HttpLog,
  type HttpServer,
  type LogSource,
  writeKubeconfig,
} from "./http/index.ts";
import { inProcessTransport } from "./inprocess.ts";
import { createRegistry, type Registry } from "./registry/index.ts";
import { Store, type StoreOptions } from "./storage/index.ts";

export type { HttpLog, LogSource } from "./http/index.ts";

export interface ServerOptions {
  /** Store, token, certificate, kubeconfig and socket lie here. One directory is one server. */
  stateDirectory: string;
  /** The directory against which paths in the namespace `default` are resolved. */
  root: string;
  log: HttpLog;
  /** The disk can no longer be trusted: end the process (exit code 74). */
  onFatal(error: Error): void;
  logSource?: LogSource;
  history?: StoreOptions["history"];
  /** Named checks of `/readyz`; each says what is wrong, if anything is. */
  checks?: Readonly<Record<string, () => string | undefined>>;
}

export interface ListenOptions {
  /** 0 has a free one chosen. */
  port: number;
  socketPath?: string;
}

export interface Server {
  readonly storeId: string;
  readonly token: string;
  /** The API for whoever lives in this process. */
  readonly transport: Transport;
  /** Path of the kubeconfig; there from `listen` on. */
  readonly kubeconfig: string;
  readonly address: HttpServer["address"];
  /** @throws Error that says what is in the way, such as a port that is taken. */
  listen(options: ListenOptions): Promise<void>;
  /** Ends watches cleanly, then closes the store. What was answered stays. */
  close(): Promise<void>;
}

/**
 * Opens the store of a directory and serves the API over it. Nothing listens before `listen`, so that whoever owns
 * the processes can put the world in order first.
 *
 * @throws StoreLockedError if another server has the directory, StoreDamagedError if the store cannot be trusted.
 */
export async function openServer(options: ServerOptions): Promise<Server> {
  const { stateDirectory, log, logSource } = options;
  const store = await Store.open({
    directory: join(stateDirectory, "store"),
    onFatal: (error) => options.onFatal(error),
    log,
    ...(options.history && { history: options.history }),
  });
  const registry = createRegistry(store, new CustomKinds(store, ALL_KINDS));
  await ensureNamespaces(registry, options.root);
  const token = ensureToken(stateDirectory);
  const tokens = new TokenDirectory(stateDirectory);
  const http = await createHttpServer({
    registry,
    store,
    token,
    tokens,
    log,
    logSource,
    checks: options.checks,
  });

  return {
    storeId: store.id,
    token,
    transport: inProcessTransport({ store, registry, ...(logSource && { logSource }) }),
    kubeconfig: join(stateDirectory, "kubeconfig"),
    get address() {
      return http.address;
    },
    async listen({ port, socketPath = join(stateDirectory, "tiltish.sock") }) {
      const tls = await ensureCertificate(stateDirectory);
      await http.listen({ port, tls, socketPath });
      writeKubeconfig(stateDirectory, { server: http.address.url!, cert: tls.cert, token });
    },
    async close() {
      await http.close();
      await store.close();
    },
  };
}

/**
 * `default` is there from the start, with the root that this server was started for; and so is `kube-system`, whose
 * uid tools take for that of the cluster.
 */
async function ensureNamespaces(registry: Registry, root: string): Promise<void> {
  await ensureNamespace(registry, { name: "default", annotations: { [ROOT_ANNOTATION]: root } });
  await ensureNamespace(registry, { name: "kube-system", annotations: {} });
}

async function ensureNamespace(
  registry: Registry,
  metadata: { name: string; annotations: Record<string, string> },
): Promise<void> {
  const { name, annotations } = metadata;
  const kind = registry.kinds.find("", "v1", "namespaces") ?? unserved(Namespace.kind);
  try {
    await registry.create({ kind }, { metadata }, {});
  } catch (error) {
    if (!isReason(error, "AlreadyExists")) throw error;
    await registry.patch(
      { kind, namespace: "", name },
      { type: "merge", body: { metadata: { annotations } } },
      {},
    );
  }
}

function unserved(kind: string): never {
  throw new Error(`${kind} is not served`);
}
