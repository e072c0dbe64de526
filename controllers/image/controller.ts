import { Namespace } from "../../apis/core/index.ts";
import { MAX_PARALLEL_BUILDS_ANNOTATION, parallelBuildsOf } from "../../apis/meta.ts";
import { CustomImage, DockerImage, FileWatch, LocalProcess } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import {
  BuildSlots,
  type Controller,
  defineController,
  Dependents,
  ImageConsumers,
  namesRestartedBy,
  type Recorder,
  UnmetTeller,
  watchKind,
} from "../runtime/index.ts";
import { CustomMaker } from "./custom/make.ts";
import { ownerOfProcess } from "./custom/process.ts";
import { causeFor } from "./due.ts";
import { DockerMaker } from "./docker/make.ts";
import type { Environment } from "./engine/config.ts";
import type { Entry } from "./entry.ts";
import { EngineWatch } from "./engine/watch.ts";
import type { ImageKind, Tools } from "./kind.ts";
import { ImageReconciler } from "./reconciler.ts";
import { ensureWatch, ownerOfWatch, watchNameOf } from "./watch.ts";
import { liveStatusOf } from "./liveupdate/status.ts";
import type { ImageObject, Make } from "./work.ts";

export interface ImageOptions {
  client: Client;
  recorder: Recorder;
  stateDirectory: string;
  /** Directory against which relative paths in a namespace are resolved. */
  rootOf: (namespace: string) => string | Promise<string>;
  /** Says where the engine and the logins are, as for the docker command line; that of this process, unless given. */
  env?: Environment;
}

export interface ImageControllers {
  docker: Controller;
  custom: Controller;
  /** Ends every build. Stop the manager first, then nothing is begun any more. */
  close(): Promise<void>;
}

/** Images built at once. Most of the work is the engine's. */
const BUILDS_AT_ONCE = 3;

/**
 * Builds DockerImages and CustomImages, again whenever what goes into them changes, and pushes them.
 *
 * All that must survive a crash is in the status and in the engine.
 */
export function imageControllers(options: ImageOptions): ImageControllers {
  const { client, env = process.env } = options;
  const publishing = { env, presented: () => presentedBy(client) };
  const dockerMaker = new DockerMaker(publishing, (request) => docker.reconciler.wake(request));
  const customMaker = new CustomMaker(client, publishing);
  const docker = controllerOf(options, {
    kind: DockerImage,
    make: dockerMaker.make as Make,
    coversFiles: true,
    ensureOwned: (object, root) => ensureWatch(client, object as DockerImage, root),
    watchName: watchNameOf,
    forget: (uid) => dockerMaker.forget(uid),
    rest: (uid) => dockerMaker.live.forget(uid),
    cancel: (uid, why) => dockerMaker.live.cancel(uid, why),
    observe: (uid) => ({
      needsBuild: dockerMaker.live.needsBuild(uid),
      liveUpdate: liveStatusOf(dockerMaker.live.observationOf(uid)),
    }),
  });
  const custom = controllerOf(options, {
    kind: CustomImage,
    make: customMaker.make as Make,
    coversFiles: false,
    ensureOwned: () => Promise.resolve(),
    forget: () => Promise.resolve(),
    // Past the queue: an image that is gone is not looked at any more, and its command has to end all the same.
    watches: [watchKind(LocalProcess, (process) => customMaker.note(process))],
  });
  const reconcilers = [docker.reconciler, custom.reconciler];
  const watch = new EngineWatch(env, {
    onContainer: () => dockerMaker.live.look(),
    onBack() {
      const cause = causeFor("ServerStart", "the engine answers");
      for (const each of reconcilers) each.lookAgain(cause, ({ failure }) => failure?.isTransient ?? true);
    },
    onGone(id, name) {
      const cause = causeFor("Dependency", "its image was removed from the engine");
      const isIts = ({ status: { digest, refs } }: Entry): boolean =>
        digest === id || (name !== undefined && refs?.local === name);
      for (const each of reconcilers) each.lookAgain(cause, isIts);
    },
  });
  const withWatch = ({ controller }: Built): Controller => ({
    ...controller,
    async reconcile(...args) {
      const result = await controller.reconcile(...args);
      if (reconcilers.some((each) => !each.isEmpty)) watch.start();
      else await watch.stop();
      return result;
    },
  });
  return {
    docker: withWatch(docker),
    custom: withWatch(custom),
    async close() {
      customMaker.close();
      await Promise.all([watch.stop(), dockerMaker.live.close(), ...reconcilers.map((each) => each.close())]);
    },
  };
}

interface Built {
  controller: Controller;
  reconciler: ImageReconciler;
}

function controllerOf(options: ImageOptions, kind: ImageKind): Built {
  const { client, recorder, rootOf, stateDirectory } = options;
  const dependents = new Dependents();
  const consumers = new ImageConsumers();
  const unmet = new UnmetTeller(recorder);
  const slots = new BuildSlots(BUILDS_AT_ONCE);
  const limitOf = (namespace: string) => ownLimitOf(client, namespace);
  const tools: Tools = { client, recorder, unmet, slots, stateDirectory, rootOf, limitOf };
  const reconciler = new ImageReconciler(tools, kind);
  const controller = defineController({
    for: kind.kind,
    owns: kind.kind === DockerImage ? [FileWatch] : [LocalProcess],
    watches: [
      reconciler,
      slots,
      // Who has a name that a child needs says nothing about owners.
      kind.kind === DockerImage
        ? watchKind(FileWatch, ownerOfWatch, ["delete"])
        : watchKind(LocalProcess, ownerOfProcess, ["delete"]),
      watchKind(FileWatch, (watch) => namesRestartedBy(watch, reconciler.listeners)),
      watchKind(Namespace, ({ metadata }) => slots.requestsIn(metadata.name), ["update"]),
      ...(kind.watches ?? []),
      ...consumers.watches,
      ...dependents.watches,
    ],
    concurrency: 8,
    async reconcile(request) {
      const object = (await client.get(kind.kind, request)) as ImageObject | undefined;
      if (object) [dependents, consumers].forEach((each) => each.note(object));
      else [dependents, consumers].forEach((each) => each.forget(request));
      return reconciler.reconcile(request, object);
    },
  });
  return { controller, reconciler };
}

async function ownLimitOf(client: Client, namespace: string): Promise<number | undefined> {
  const object = await client.get(Namespace, namespace);
  return parallelBuildsOf(object?.metadata.annotations?.[MAX_PARALLEL_BUILDS_ANNOTATION]);
}

/** The references that images have in their status now, in every namespace. */
async function presentedBy(client: Client): Promise<ReadonlySet<string>> {
  const found = await Promise.all([client.list(DockerImage), client.list(CustomImage)]);
  return new Set(found.flatMap(({ items }) => items.flatMap(({ status }) => status?.refs?.local ?? [])));
}
