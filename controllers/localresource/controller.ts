import type { NamespacedName } from "../../apis/meta.ts";
import { FileWatch, LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import { type Client, keyOf, nameOf } from "../../client/index.ts";
import {
  type Controller,
  defineController,
  Dependents,
  evaluateDependencies,
  isBeingDeleted,
  namesRestartedBy,
  type Recorder,
  type RestartOn,
  watchKind,
} from "../runtime/index.ts";
import { begin, isBuilding, isBuilt, observeBuild, type Status } from "./build.ts";
import { pendingChanges, watchesOf } from "./changes.ts";
import { childOf, disableProcess, ensureProcess, ensureWatch, isTemplateChanged } from "./children.ts";
import { dueCause } from "./due.ts";
import { announce } from "./events.ts";
import { BuildSlots } from "./slots.ts";
import { statusOf } from "./status.ts";

export interface LocalResourceOptions {
  client: Client;
  recorder: Recorder;
  /** Builds at once; half of the cores, unless given. */
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
  /** What each resource listens to, to find those that a FileWatch concerns. */
  const listeners = new Map<string, { name: NamespacedName; restartOn?: RestartOn }>();

  return defineController({
    for: LocalResource,
    owns: [LocalProcess, FileWatch],
    watches: [
      slots,
      watchKind(FileWatch, (watch) => namesRestartedBy(watch, listeners.values())),
      ...dependents.watches,
    ],
    concurrency: 8,

    async reconcile(request) {
      const resource = await client.get(LocalResource, request);
      if (!resource || isBeingDeleted(resource)) {
        listeners.delete(keyOf(request));
        dependents.forget(request);
        return slots.release(request);
      }
      listeners.set(keyOf(request), { name: nameOf(resource), restartOn: resource.spec.restartOn });
      dependents.note(resource);
      if (resource.spec.disabled) return disable(client, resource, () => slots.release(request));
      await run({ client, recorder, slots, request }, resource);
    },
  });
}

interface Tools {
  client: Client;
  recorder: Recorder;
  slots: BuildSlots;
  request: NamespacedName;
}

async function run({ client, recorder, slots, request }: Tools, resource: LocalResource): Promise<void> {
  await ensureWatch(client, resource);
  const [build, serve, watches, dependencies] = await Promise.all([
    childOf(client, resource, "build"),
    childOf(client, resource, "serve"),
    watchesOf(client, resource),
    evaluateDependencies(client, resource, resource.status?.cause && lastRunOf(resource)),
  ]);
  let pending = pendingChanges(resource, watches);
  let status = await observeBuild(client, resource.status ?? {}, build);
  const isSpecChanged = build !== undefined && isTemplateChanged(resource, "build", build);
  let obstacle: string | undefined;

  if (isBuilding(status)) slots.hold(request, resource.spec.allowParallel);
  else {
    slots.finish(request);
    const cause = dueCause(resource, { status, pending, isSpecChanged, dependencyCause: dependencies.cause });
    if (!cause) slots.release(request);
    obstacle = cause && (dependencies.waiting ?? obstacleOf(resource, slots, request));
    if (cause && !obstacle) {
      status = begin(resource, status, cause, pending);
      pending = { ...pending, count: 0, files: [] };
    }
  }
  const next = statusOf(resource, { status, pending, serve, obstacle, cycle: dependencies.cycle });
  announce(recorder, resource, next);
  // Both in one turn: they are stored together, and the process starts without waiting for the status.
  await Promise.all([
    client.setStatus(LocalResource, resource, next),
    ensureProcesses(client, resource, status),
  ]);
}

function obstacleOf(resource: LocalResource, slots: BuildSlots, request: NamespacedName): string | undefined {
  if (!resource.spec.buildTemplate) return undefined;
  const obstacle = slots.acquire(request, resource.spec.allowParallel);
  return obstacle && `waits for ${obstacle}`;
}

/** When it ran last, to tell whether a dependency has run since. */
const lastRunOf = ({ status }: LocalResource): string | undefined =>
  status?.build?.startTime ?? status?.cause?.time;

async function ensureProcesses(client: Client, resource: LocalResource, status: Status): Promise<void> {
  if (status.build?.cause) await ensureProcess(client, resource, "build", status.build.cause);
  // While a build runs, and after one that failed, the server stays as it is.
  const cause = status.serve?.cause ?? status.build?.cause;
  if (cause && isBuilt(resource, status)) await ensureProcess(client, resource, "serve", cause);
}

/** The status of a disabled object is left alone, but for the word that says so. */
async function disable(client: Client, resource: LocalResource, release: () => void): Promise<void> {
  release();
  await Promise.all([disableProcess(client, resource, "build"), disableProcess(client, resource, "serve")]);
  await client.setStatus(LocalResource, resource, { ...resource.status, state: "Disabled" });
}
