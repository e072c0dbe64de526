import { ALL_KINDS } from "../../apis/index.ts";
import { Client, type Log } from "../../client/index.ts";
import { cfAppSyncController } from "../../controllers/cfapp/index.ts";
import { customResourceController } from "../../controllers/customresources/index.ts";
import { fileWatchController } from "../../controllers/filewatch/index.ts";
import { eventExpiryController, GarbageCollector } from "../../controllers/gc/index.ts";
import { k8sResourceController } from "../../controllers/k8s/index.ts";
import { imageControllers } from "../../controllers/image/index.ts";
import {
  type Guard,
  localProcessController,
  startGuard,
  sweep,
  tellStopped,
} from "../../controllers/localprocess/index.ts";
import { localResourceController } from "../../controllers/localresource/index.ts";
import { namespaceController } from "../../controllers/namespace/index.ts";
import { EventRecorder, Manager, ServedKinds } from "../../controllers/runtime/index.ts";
import { exporterOf, Tracer } from "../../controllers/trace/index.ts";
import { openServer, type Server } from "../../server/index.ts";
import { logSourceOf } from "./logsource.ts";
import { registerNode } from "./node.ts";
import { rootsIn } from "./roots.ts";

export interface InstanceOptions {
  stateDirectory: string;
  /** The directory of the project. */
  root: string;
  /** 0 has a free one chosen. */
  port: number;
  socketPath: string;
  /** How many changes are kept at most for watches to resume from. */
  maxHistory?: number | undefined;
  log: Log;
  /** How to run the guard; the store id is added as its last argument. */
  guardCommand: readonly [string, ...string[]];
  /** Done when the server answers, and before any controller acts on what the store holds. */
  prepare?: (server: Server) => Promise<void>;
  /** The disk can no longer be trusted: end the process (exit code 74). */
  onFatal(error: Error): void;
}

export interface RunningServer {
  readonly server: Server;
  readonly client: Client;
  /** Ends every process, then the server. */
  close(): Promise<void>;
}

/**
 * A server and all controllers, in the order that keeps a promise each: whoever holds the store may sweep, nothing
 * of an earlier server runs when the guard stands, and the guard stands before anything can be started.
 */
export async function openInstance(options: InstanceOptions): Promise<RunningServer> {
  const { stateDirectory, root, maxHistory, log } = options;
  const parts: { client?: Client } = {};
  const logSource = logSourceOf(stateDirectory, () => parts.client!);
  const server = await openServer({
    stateDirectory,
    root,
    log,
    logSource,
    ...(maxHistory !== undefined && { history: { maxCount: maxHistory } }),
    onFatal: (error) => options.onFatal(error),
  });
  const client = new Client(server.transport, { fieldManager: "tiltish", log });
  parts.client = client;

  // What was begun is ended in the opposite order, also if one of the next steps fails.
  const endings: (() => Promise<void> | void)[] = [() => server.close()];
  const close = async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  };
  try {
    const swept = await sweep({ storeId: server.storeId, directory: stateDirectory });
    if (swept.length > 0) log.warn({ processes: swept }, "ended what an earlier server had left running");
    await tellStopped(client);
    const guard = startGuard({ command: options.guardCommand, storeId: server.storeId, log });
    endings.push(() => guard.stop());
    await server.listen({ port: options.port, socketPath: options.socketPath });
    await options.prepare?.(server);
    // For tools that look at it; nothing here depends on it.
    await registerNode(client).catch((error: unknown) =>
      log.warn({ err: error }, "this machine is not told of"),
    );
    const controllers = controllersOf({ client, server, guard, options });
    endings.push(() => controllers.stop());
    await controllers.start();
    return { server, client, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts {
  client: Client;
  server: Server;
  guard: Guard;
  options: InstanceOptions;
}

interface Controllers {
  start(): Promise<void>;
  stop(): Promise<void>;
}

function controllersOf({ client, server, guard, options }: Parts): Controllers {
  const { log, stateDirectory, root } = options;
  const rootOf = rootsIn(client, root);
  const recorders: EventRecorder[] = [];
  const recorderFor = (component: string): EventRecorder => {
    const recorder = new EventRecorder({ client, component, log });
    recorders.push(recorder);
    return recorder;
  };
  const processes = localProcessController({
    client,
    recorder: recorderFor("localprocess-controller"),
    storeId: server.storeId,
    stateDirectory,
    guard,
    rootOf,
  });
  const files = fileWatchController({
    client,
    recorder: recorderFor("filewatch-controller"),
    rootOf,
    stateDirectory,
    log,
  });
  const syncs = cfAppSyncController({
    client,
    recorder: recorderFor("cfappsync-controller"),
    stateDirectory,
    rootOf,
  });
  const clusters = k8sResourceController({
    client,
    recorder: recorderFor("k8sresource-controller"),
    stateDirectory,
    rootOf,
  });
  const images = imageControllers({
    client,
    recorder: recorderFor("image-controller"),
    stateDirectory,
    rootOf,
  });
  const exporter = exporterOf(process.env, log);
  const tracer = new Tracer({
    recorder: recorderFor("tracer"),
    onTrace: (trace) => exporter?.add(trace),
  });
  const kinds = new ServedKinds(ALL_KINDS);
  const manager = new Manager({ client, log })
    .add(kinds)
    .add(tracer)
    .add(namespaceController({ kinds }))
    .add(customResourceController({ kinds }))
    .add(eventExpiryController())
    .add(localResourceController({ client, recorder: recorderFor("localresource-controller") }))
    .add(images.docker)
    .add(images.custom)
    .add(syncs)
    .add(clusters)
    .add(files)
    .add(processes)
    .add(new GarbageCollector({ kinds, recorder: recorderFor("garbage-collector-controller") }));
  return {
    start: () => manager.start(),
    async stop() {
      // First nothing is decided any more, so that what now exits is not started again.
      await manager.stop();
      await Promise.all([processes.close(), syncs.close(), clusters.close(), images.close()]);
      await Promise.all([...recorders.map((each) => each.stop()), exporter?.close()]);
    },
  };
}
