import type { NamespacedName } from "../../apis/meta.ts";
import { type LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import {
  type BuildSlots,
  evaluateDependencies,
  evaluateImages,
  type Recorder,
  type Result,
  type UnmetTeller,
} from "../runtime/index.ts";
import { cancelBuild, hasBuild, observeBuild, observedTrigger, type Status, withoutBuild } from "./build.ts";
import { NOTHING_PENDING, pendingChanges, watchesOf } from "./changes.ts";
import { isActive } from "./child.ts";
import { childOf, disableProcess, ensureWatch, isToEnable, pruneProcess } from "./children.ts";
import { decide } from "./decide.ts";
import { announce } from "./events.ts";
import { ownLimitOf } from "./holding.ts";
import { ensureProcesses } from "./processes.ts";
import { imageCauseOf, withImages } from "./images.ts";
import { newRequest, obey } from "./requests.ts";
import { statusOf } from "./status.ts";

interface Tools {
  client: Client;
  recorder: Recorder;
  slots: BuildSlots;
  unmet: UnmetTeller;
  request: NamespacedName;
}

const LOOK_AGAIN_MS = 3_000;

/** Looks at all that concerns a resource, decides, and writes down both what it sees and what it wants. */
export async function run(tools: Tools, resource: LocalResource): Promise<Result | void> {
  const { client, recorder, unmet } = tools;
  await ensureWatch(client, resource);
  const [build, serve, watches, dependsOn, ownLimit, images] = await Promise.all([
    childOf(client, resource, "build"),
    childOf(client, resource, "serve"),
    watchesOf(client, resource),
    evaluateDependencies(client, resource, resource.status?.cause && lastRunOf(resource)),
    ownLimitOf(client, resource.metadata.namespace ?? ""),
    evaluateImages(client, resource),
  ]);
  const dependencies = { ...dependsOn, waiting: dependsOn.waiting ?? images.waiting };
  const observed = await statusWithBuild(client, resource, build);
  const obeyed = obey(resource, observed, build);
  if (obeyed.ignored) recorder.event(resource, "Normal", obeyed.ignored.reason, obeyed.ignored.message);
  const pending = pendingChanges(resource, watches);
  const present = { build, serve };
  const isToKeep = resource.spec.triggerMode === "Manual" && !newRequest(resource, observed);
  const wanted = withImages(resource, images, { present, isToKeep });
  const imageCause = imageCauseOf(resource, images, present);
  const situation = { status: obeyed.status, pending, ...present, dependencies, ownLimit, imageCause };
  const decision = decide(tools, wanted, situation);
  const { status, obstacle } = decision;
  const next = statusOf(resource, {
    ...decision,
    serve,
    images,
    dependencies: obstacle === undefined ? { cycle: dependencies.cycle } : dependencies,
  });
  announce(recorder, resource, next);
  // Both in one turn: they are stored together, and the process starts without waiting for the status.
  await Promise.all([
    client.setStatus(LocalResource, resource, next),
    pruneProcess(client, resource, "build"),
    pruneProcess(client, resource, "serve"),
    !(obstacle && isToEnable(resource, "serve", serve)) && ensureProcesses(client, wanted, status, present),
  ]);
  if (obstacle === undefined || !dependencies.waiting) return void unmet.note(resource, undefined);
  // What the other one writes wakes nobody.
  return { requeueAfterMs: unmet.note(resource, dependencies.unmet) ?? LOOK_AGAIN_MS };
}

async function statusWithBuild(
  client: Client,
  resource: LocalResource,
  build: LocalProcess | undefined,
): Promise<Status> {
  return hasBuild(resource) ? observeBuild(client, resource, build) : withoutBuild(resource.status ?? {});
}

/** When it ran last, to tell whether a dependency has run since. */
const lastRunOf = ({ status }: LocalResource): string | undefined =>
  status?.build?.startTime ?? status?.cause?.time;

/** Stops everything; what was asked for meanwhile is not done later, when nobody expects it any more. */
export async function disable(
  { client, recorder, slots, request }: Tools,
  resource: LocalResource,
): Promise<void> {
  slots.withdraw(request);
  const [build, serve] = await Promise.all([
    childOf(client, resource, "build"),
    childOf(client, resource, "serve"),
    ensureWatch(client, resource),
    disableProcess(client, resource, "build"),
    disableProcess(client, resource, "serve"),
  ]);
  // The slot is free when the build has ended, not when it is told to.
  if (!build || !isActive(build)) slots.finish(request);
  const before = resource.status ?? {};
  if (newRequest(resource, before)) recorder.event(resource, "Normal", "TriggerIgnored", IGNORED);
  const { stopped: _, ...status } = {
    ...cancelBuild(before, "it was disabled"),
    ...observedTrigger(resource),
  };
  const next = statusOf(resource, { status, pending: NOTHING_PENDING, serve });
  announce(recorder, resource, next);
  await client.setStatus(LocalResource, resource, next);
}

const IGNORED = "it is disabled: spec.disabled must be false for it to run";
