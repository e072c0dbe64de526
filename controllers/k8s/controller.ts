import { Namespace } from "../../apis/core/index.ts";
import { FileWatch, K8sResource } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import {
  type Controller,
  defineController,
  Dependents,
  exceptStatus,
  ImageConsumers,
  namesRestartedBy,
  type Recorder,
  UnmetTeller,
  watchKind,
} from "../runtime/index.ts";
import { Reconciler } from "./reconcile.ts";
import { namesakeOf } from "./watch.ts";

export interface K8sResourceOptions {
  client: Client;
  recorder: Recorder;
  /** Below it are the logs of all objects. */
  stateDirectory: string;
  /** Directory against which relative paths in a namespace are resolved. */
  rootOf: (namespace: string) => string | Promise<string>;
}

export interface K8sResourceController extends Controller {
  /** Closes every connection. Stop the manager first, then nothing is begun any more. */
  close(): Promise<void>;
}

/**
 * Keeps objects in Kubernetes clusters.
 *
 * Each object has an engine of its own, which holds the connections and does all that takes time; the reconciler only
 * gives it orders and writes down what it sees. What must survive a crash is in the status and in the cluster.
 */
export function k8sResourceController(options: K8sResourceOptions): K8sResourceController {
  const { client, recorder } = options;
  const dependents = new Dependents();
  const consumers = new ImageConsumers();
  const reconciler = new Reconciler({ ...options, unmet: new UnmetTeller(recorder) });

  const controller = defineController({
    for: K8sResource,
    owns: [FileWatch],
    watches: [
      reconciler,
      watchKind(FileWatch, namesakeOf, ["delete"]),
      watchKind(FileWatch, (watch) => namesRestartedBy(watch, reconciler.listeners)),
      watchKind(Namespace, ({ metadata }) => reconciler.namesIn(metadata.name), ["update"]),
      ...dependents.watches,
      ...consumers.watches,
    ],
    updates: exceptStatus,
    concurrency: 8,
    async reconcile(request) {
      const object = await client.get(K8sResource, request);
      if (object) [dependents, consumers].forEach((each) => each.note(object));
      else [dependents, consumers].forEach((each) => each.forget(request));
      return reconciler.reconcile(request, object);
    },
  });
  return { ...controller, close: () => reconciler.close() };
}
