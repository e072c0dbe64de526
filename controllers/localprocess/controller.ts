import { Namespace } from "../../apis/core/index.ts";
import { apiVersionOf } from "../../apis/kind.ts";
import type { NamespacedName } from "../../apis/meta.ts";
import { FileWatch, LocalProcess } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import {
  type Controller,
  defineController,
  Dependents,
  namesRestartedBy,
  type Recorder,
  watchKind,
} from "../runtime/index.ts";
import { Memories } from "./memory.ts";
import { Reconciler } from "./reconcile.ts";
import type { Guard } from "./start-guard.ts";
import { Supervisor } from "./supervisor.ts";

export interface LocalProcessOptions {
  client: Client;
  recorder: Recorder;
  /** Of the server. Processes are marked with it, so that its guard and its next start know them. */
  storeId: string;
  /** Logs and records of running processes lie here. */
  stateDirectory: string;
  /** Is told which groups run. */
  guard?: Guard;
  /** Directory against which relative paths in a namespace are resolved; by default its annotation says. */
  rootOf: (namespace: string) => string | Promise<string>;
}

export interface LocalProcessController extends Controller {
  /** Ends every process. Stop the manager first, then nothing is started any more. */
  close(): Promise<void>;
}

/**
 * Keeps one process for each LocalProcess, and writes what it sees of it to the status.
 *
 * Run `sweep` before it is started: it takes for granted that nothing of an earlier server runs.
 */
export function localProcessController(options: LocalProcessOptions): LocalProcessController {
  const { client, recorder, storeId, stateDirectory, guard, rootOf } = options;
  const dependents = new Dependents();
  const memories = new Memories();
  const supervisor = new Supervisor({
    storeId,
    stateDirectory,
    guard,
    onEvent: (owner, { type, reason, message }) =>
      recorder.event({ ...identity, metadata: owner }, type, reason, message),
  });
  const reconciler = new Reconciler({ client, recorder, supervisor, memories, rootOf });

  const controller = defineController({
    for: LocalProcess,
    watches: [
      supervisor,
      reconciler,
      ...dependents.watches,
      watchKind(FileWatch, (watch) => namesRestartedBy(watch, memories.values())),
      watchKind(Namespace, ({ metadata }) => namesIn(memories, metadata.name), ["update"]),
    ],
    concurrency: 16,
    async reconcile(request) {
      const object = await client.get(LocalProcess, request);
      if (object) dependents.note(object);
      else dependents.forget(request);
      await reconciler.reconcile(request, object);
    },
  });
  return { ...controller, close: () => supervisor.close() };
}

const identity = { apiVersion: apiVersionOf(LocalProcess), kind: LocalProcess.kind };

const namesIn = (memories: Memories, namespace: string): NamespacedName[] =>
  memories
    .values()
    .map(({ name }) => name)
    .filter((name) => name.namespace === namespace);
