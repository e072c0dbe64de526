import { Namespace } from "../../apis/core/index.ts";
import type { NamespacedName } from "../../apis/meta.ts";
import { FileWatch, LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import { type Client, keyOf, nameOf } from "../../client/index.ts";
import {
  BuildSlots,
  type Controller,
  defineController,
  Dependents,
  ImageConsumers,
  isBeingDeleted,
  namesRestartedBy,
  type Recorder,
  type RestartOn,
  TerminalError,
  UnmetTeller,
  watchKind,
} from "../runtime/index.ts";
import { namesakeOf } from "./children.ts";
import { holdRunning, releaseGone } from "./holding.ts";
import { disable, run } from "./reconcile.ts";

export interface LocalResourceOptions {
  client: Client;
  recorder: Recorder;
  /** Builds at once; half of the cores, unless given. A namespace may have a limit of its own. */
  maxParallelBuilds?: number;
}

/**
 * Builds, then serves; again whenever there is a cause.
 *
 * It owns one LocalProcess for the build and one for the server, and starts a run of either by writing the cause
 * into its trigger annotation. All that it knows is in the status, so it may be interrupted anywhere.
 */
export function localResourceController({
  client,
  recorder,
  maxParallelBuilds,
}: LocalResourceOptions): Controller {
  const slots = new BuildSlots(maxParallelBuilds);
  const dependents = new Dependents();
  const consumers = new ImageConsumers();
  const unmet = new UnmetTeller(recorder);
  /** What each resource listens to, to find those that a FileWatch concerns. */
  const listeners = new Map<string, { name: NamespacedName; restartOn?: RestartOn }>();
  /** Before anybody gets a slot, those count that an earlier tiltish has given. */
  let held: Promise<void> | undefined;
  const holdOnce = () =>
    (held ??= holdRunning(client, slots).catch((error: unknown) => {
      held = undefined;
      throw error;
    }));

  return defineController({
    for: LocalResource,
    owns: [LocalProcess, FileWatch],
    watches: [
      slots,
      // Who has a name that a child needs says nothing about owners.
      watchKind(LocalProcess, namesakeOf, ["delete"]),
      watchKind(FileWatch, namesakeOf, ["delete"]),
      watchKind(FileWatch, (watch) => namesRestartedBy(watch, listeners.values())),
      watchKind(Namespace, ({ metadata }) => slots.requestsIn(metadata.name), ["update"]),
      ...consumers.watches,
      ...dependents.watches,
    ],
    concurrency: 8,

    async reconcile(request) {
      await holdOnce();
      const resource = await client.get(LocalResource, request);
      if (!resource || isBeingDeleted(resource)) {
        listeners.delete(keyOf(request));
        dependents.forget(request);
        consumers.forget(request);
        unmet.forget(request);
        return releaseGone(client, slots, request);
      }
      listeners.set(keyOf(request), { name: nameOf(resource), restartOn: resource.spec.restartOn });
      dependents.note(resource);
      consumers.note(resource);
      try {
        const tools = { client, recorder, slots, unmet, request };
        return await (resource.spec.disabled ? disable(tools, resource) : run(tools, resource));
      } catch (error) {
        if (error instanceof TerminalError) slots.release(request);
        throw error;
      }
    },
  });
}
