import { Namespace } from "../../apis/core/index.ts";
import { CFAppSync, FileWatch, LocalResource } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import {
  type Controller,
  defineController,
  Dependents,
  exceptStatus,
  type Recorder,
  UnmetTeller,
  watchKind,
} from "../runtime/index.ts";
import { Logins } from "./engine/logins.ts";
import type { Seams } from "./engine/seams.ts";
import { namesakeOf } from "./inputs/watch.ts";
import { Reconciler } from "./reconcile.ts";
import { waysTo } from "./ways.ts";

export interface CFAppSyncOptions {
  client: Client;
  recorder: Recorder;
  /** Logs lie here. */
  stateDirectory: string;
  /** Directory against which relative paths in a namespace are resolved. */
  rootOf: (namespace: string) => string | Promise<string>;
}

export interface CFAppSyncController extends Controller {
  /** Closes every connection. Stop the manager first, then nothing is begun any more. */
  close(): Promise<void>;
}

/**
 * Keeps Cloud Foundry apps in step with local directories.
 *
 * Each object has an engine of its own, which holds the connections and does all that takes time; the reconciler only
 * gives it orders and writes down what it sees. What must survive a crash is in the status and in the containers.
 */
export function cfAppSyncController(options: CFAppSyncOptions): CFAppSyncController {
  const { client, recorder } = options;
  const logins = new Logins();
  const dependents = new Dependents();
  const unmet = new UnmetTeller(recorder);
  const seams: Seams = { logins, waysTo, push };
  const reconciler = new Reconciler({ ...options, seams, unmet });

  const controller = defineController({
    for: CFAppSync,
    owns: [FileWatch],
    watches: [
      reconciler,
      watchKind(FileWatch, namesakeOf, ["delete"]),
      watchKind(FileWatch, ({ metadata }) => reconciler.listenersOf("FileWatch", metadata)),
      watchKind(LocalResource, ({ metadata }) => reconciler.listenersOf("LocalResource", metadata)),
      watchKind(Namespace, ({ metadata }) => reconciler.namesIn(metadata.name), ["update"]),
      ...dependents.watches,
    ],
    updates: exceptStatus,
    concurrency: 8,
    async reconcile(request) {
      const object = await client.get(CFAppSync, request);
      if (object) dependents.note(object);
      else dependents.forget(request);
      return reconciler.reconcile(request, object);
    },
  });
  return {
    ...controller,
    async close() {
      await reconciler.close();
      logins.close();
    },
  };
}

/** Full deploys are rare: a server without such apps starts without what they need. */
const push: Seams["push"] = async (request) => (await import("./push/index.ts")).pushApp(request);
