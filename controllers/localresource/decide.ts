import type { NamespacedName } from "../../apis/meta.ts";
import type { Cause, LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import type { BuildSlots, Place, Verdict } from "../runtime/index.ts";
import { begin, hasBuild, isBuilding, type Status } from "./build.ts";
import type { PendingChanges } from "./changes.ts";
import { isActive } from "./child.ts";
import { isTemplateChanged, isToEnable } from "./children.ts";
import { dueCause } from "./due.ts";
import { newRequest } from "./requests.ts";

export interface Situation {
  status: Status;
  pending: PendingChanges;
  build: LocalProcess | undefined;
  serve: LocalProcess | undefined;
  dependencies: Verdict;
  /** An image is another one than its processes have. */
  imageCause?: Cause | undefined;
  /** Of builds at once, if the namespace has one of its own. */
  ownLimit: number | undefined;
}

export type Decision = Pick<Situation, "status" | "pending"> & {
  /** What a run that is due waits for. */
  obstacle?: string;
};

interface Turn {
  slots: BuildSlots;
  request: NamespacedName;
}

/** Begins a run if one is due and nothing is in its way. */
export function decide({ slots, request }: Turn, resource: LocalResource, now: Situation): Decision {
  const { status, pending, build, serve, dependencies } = now;
  const place = placeOf(resource, now);
  if (isBuilding(status)) {
    slots.hold(request, place);
    return { status, pending };
  }
  // What was canceled may still be ending.
  if (!build || !isActive(build)) slots.finish(request);
  const cause = dueCause(resource, {
    status,
    pending,
    isSpecChanged: isBuildChanged(resource, status, build),
    isServerChanged: serve !== undefined && isTemplateChanged(resource, "serve", serve),
    // Where there is a build, it is enabled first: the server stays disabled until that has succeeded.
    isToEnable: hasBuild(resource)
      ? isToEnable(resource, "build", build)
      : isToEnable(resource, "serve", serve),
    dependencyCause: dependencies.cause,
    imageCause: now.imageCause,
  });
  // Whoever could not build if it had a slot must not stand in the way of what it waits for.
  if (!cause || dependencies.waiting) slots.withdraw(request);
  if (!cause) return { status, pending };
  const obstacle =
    dependencies.detail ??
    dependencies.waiting ??
    (hasBuild(resource) ? obstacleOf(slots, request, place) : undefined);
  if (obstacle) return { status, pending, obstacle };
  return { status: begin(resource, status, cause, pending), pending: { ...pending, count: 0, files: [] } };
}

function obstacleOf(slots: BuildSlots, request: NamespacedName, place: Place): string | undefined {
  const obstacle = slots.acquire(request, place);
  return obstacle && `waits for ${obstacle}`;
}

/** A value that is no cause has no time; it counts from when it was seen first, which the queue remembers. */
function placeOf(resource: LocalResource, { status, ownLimit }: Situation): Place {
  const asked = newRequest(resource, status);
  return {
    parallel: resource.spec.allowParallel,
    ...(ownLimit !== undefined && { limit: ownLimit }),
    ...(asked && { askedMs: Date.parse(asked.time) }),
  };
}

/** Whether a build would not do what the last one did; there may have been none, for it had no template. */
function isBuildChanged(resource: LocalResource, status: Status, process: LocalProcess | undefined): boolean {
  if (!hasBuild(resource)) return false;
  if (process) return isTemplateChanged(resource, "build", process);
  return status.cause !== undefined && status.build === undefined;
}
