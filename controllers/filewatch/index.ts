import { Namespace } from "../../apis/core/index.ts";
import { FileWatch } from "../../apis/v1alpha1/index.ts";
import { silentLog, type Client, type Log } from "../../client/index.ts";
import {
  defineController,
  exceptStatus,
  watchKind,
  type Controller,
  type Recorder,
} from "../runtime/index.ts";
import type { ChooseWatcher } from "./engine/monitor.ts";
import { Reconciler } from "./reconciler.ts";
import { Sessions } from "./sessions.ts";
import { messageOf } from "./status.ts";

export interface FileWatchOptions {
  client: Client;
  recorder: Recorder;
  /** The directory against which relative paths of a namespace are resolved. */
  rootOf: (namespace: string) => string | Promise<string>;
  /** Where tiltish itself writes: what changes there is never an event. */
  stateDirectory?: string;
  log?: Log;
  /** How to get hints; what the platform has, unless given. */
  chooseWatcher?: ChooseWatcher;
}

/** Watches files for each FileWatch, and writes what changed to its status. */
export function fileWatchController(options: FileWatchOptions): Controller {
  const { client, recorder, rootOf, stateDirectory, chooseWatcher, log = silentLog } = options;
  const sessions = new Sessions({
    chooseWatcher,
    error: ({ namespace, name }, error) => {
      log.warn({ namespace, name, error }, "watching files failed");
      client.get(FileWatch, { namespace, name }).then(
        (object) => object && recorder.event(object, "Warning", "WatchError", messageOf(error)),
        (cause: unknown) => log.warn({ namespace, name, error: cause }, "event not recorded"),
      );
    },
  });
  const reconciler = new Reconciler({ client, recorder, rootOf, stateDirectory, log, sessions });
  return defineController({
    for: FileWatch,
    watches: [sessions, watchKind(Namespace, ({ metadata }) => sessions.in(metadata.name), ["update"])],
    updates: exceptStatus,
    concurrency: 8,
    reconcile: (request) => reconciler.reconcile(request),
  });
}
