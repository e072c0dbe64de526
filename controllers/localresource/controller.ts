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
  TerminalError,
  type Verdict,
  watchKind,
} from "../runtime/index.ts";
import {
  begin,
  cancelBuild,
  hasBuild,
  isBuilding,
  isBuilt,
  observeBuild,
  type Status,
  withoutBuild,
} from "./build.ts";
import { type PendingChanges, pendingChanges, watchesOf } from "./changes.ts";
import {
  childOf,
  disableProcess,
  ensureProcess,
  ensureWatch,
  isTemplateChanged,
  isToEnable,
  namesakeOf,
  pruneProcess,
} from "./children.ts";
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
      // Who has a name that a child needs says nothing about owners.
      watchKind(LocalProcess, namesakeOf, ["delete"]),
      watchKind(FileWatch, namesakeOf, ["delete"]),
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
      try {
        const tools = { client, recorder, slots, request };
        await (resource.spec.disabled ? disable(tools, resource) : run(tools, resource));
      } catch (error) {
        if (error instanceof TerminalError) slots.release(request);
        throw error;
      }
    },
  });
}

interface Tools {
  client: Client;
  recorder: Recorder;
  slots: BuildSlots;
  request: NamespacedName;
}

async function run(tools: Tools, resource: LocalResource): Promise<void> {
  const { client, recorder } = tools;
  await ensureWatch(client, resource);
  const [build, serve, watches, dependencies] = await Promise.all([
    childOf(client, resource, "build"),
    childOf(client, resource, "serve"),
    watchesOf(client, resource),
    evaluateDependencies(client, resource, resource.status?.cause && lastRunOf(resource)),
  ]);
  const observed = await statusWithBuild(client, resource, build);
  const pending = pendingChanges(resource, watches);
  const decision = decide(tools, resource, { status: observed, pending, build, serve, dependencies });
  const { status, obstacle } = decision;
  const next = statusOf(resource, { ...decision, serve, cycle: dependencies.cycle });
  announce(recorder, resource, next);
  // Both in one turn: they are stored together, and the process starts without waiting for the status.
  await Promise.all([
    client.setStatus(LocalResource, resource, next),
    pruneProcess(client, resource, "build"),
    pruneProcess(client, resource, "serve"),
    !(obstacle && isToEnable(resource, "serve", serve)) && ensureProcesses(client, resource, status),
  ]);
}

interface Situation {
  status: Status;
  pending: PendingChanges;
  build: LocalProcess | undefined;
  serve: LocalProcess | undefined;
  dependencies: Verdict;
}

type Decision = Pick<Situation, "status" | "pending"> & { obstacle?: string };

/** Begins a run if one is due and nothing is in its way. */
function decide({ slots, request }: Tools, resource: LocalResource, now: Situation): Decision {
  const { status, pending, build, serve, dependencies } = now;
  if (isBuilding(status)) {
    slots.hold(request, resource.spec.allowParallel);
    return { status, pending };
  }
  slots.finish(request);
  const cause = dueCause(resource, {
    status,
    pending,
    isSpecChanged: isBuildChanged(resource, status, build),
    // Where there is a build, it is enabled first: the server stays disabled until that has succeeded.
    isToEnable: hasBuild(resource)
      ? isToEnable(resource, "build", build)
      : isToEnable(resource, "serve", serve),
    dependencyCause: dependencies.cause,
  });
  // Whoever could not build if it had a slot must not stand in the way of what it waits for.
  if (!cause || dependencies.waiting) slots.release(request);
  if (!cause) return { status, pending };
  const obstacle = dependencies.waiting ?? obstacleOf(resource, slots, request);
  if (obstacle) return { status, pending, obstacle };
  return { status: begin(resource, status, cause, pending), pending: { ...pending, count: 0, files: [] } };
}

async function statusWithBuild(
  client: Client,
  resource: LocalResource,
  build: LocalProcess | undefined,
): Promise<Status> {
  const status = resource.status ?? {};
  return hasBuild(resource) ? observeBuild(client, status, build) : withoutBuild(status);
}

function obstacleOf(resource: LocalResource, slots: BuildSlots, request: NamespacedName): string | undefined {
  if (!hasBuild(resource)) return undefined;
  const obstacle = slots.acquire(request, resource.spec.allowParallel);
  return obstacle && `waits for ${obstacle}`;
}

/** Whether a build would not do what the last one did; there may have been none, for it had no template. */
function isBuildChanged(resource: LocalResource, status: Status, process: LocalProcess | undefined): boolean {
  if (!hasBuild(resource)) return false;
  if (process) return isTemplateChanged(resource, "build", process);
  return status.cause !== undefined && status.build === undefined;
}

/** When it ran last, to tell whether a dependency has run since. */
const lastRunOf = ({ status }: LocalResource): string | undefined =>
  status?.build?.startTime ?? status?.cause?.time;

/** The process of a build is only touched for a build: it would run by itself if its spec were changed. */
async function ensureProcesses(client: Client, resource: LocalResource, status: Status): Promise<void> {
  const { build, serve } = status;
  if (isBuilding(status) && build?.cause) return ensureProcess(client, resource, "build", build.cause);
  // While a build runs, and after one that failed, the server stays as it is.
  const cause = serve?.cause ?? build?.cause;
  if (cause && isBuilt(resource, status)) await ensureProcess(client, resource, "serve", cause);
}

async function disable({ client, recorder, slots, request }: Tools, resource: LocalResource): Promise<void> {
  slots.release(request);
  const [serve] = await Promise.all([
    childOf(client, resource, "serve"),
    ensureWatch(client, resource),
    disableProcess(client, resource, "build"),
    disableProcess(client, resource, "serve"),
  ]);
  const status = cancelBuild(resource.status ?? {}, "it was disabled");
  const next = statusOf(resource, { status, pending: { count: 0, files: [], newest: {} }, serve });
  announce(recorder, resource, next);
  await client.setStatus(LocalResource, resource, next);
}
