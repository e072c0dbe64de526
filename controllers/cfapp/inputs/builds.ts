import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { type Cause, type CFAppSync, LocalResource } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { isLater, triggerValueOf } from "../../runtime/index.ts";
import { watchNames } from "./files.ts";

/** The LocalResource that builds what is synced, if there is one to be. */
export async function buildOf(
  client: Client,
  { metadata, spec }: CFAppSync,
): Promise<LocalResource | undefined> {
  const { buildCmd } = spec.trigger;
  if (buildCmd === undefined) return undefined;
  return client.get(LocalResource, { namespace: metadata.namespace ?? "default", name: buildCmd });
}

export const isBuilding = (resource: LocalResource | undefined): boolean =>
  resource?.status?.build?.startTime !== undefined && resource.status.build.finishTime === undefined;

/** A build that has succeeded since; a failed one has left nothing that is worth sending. */
export function builtSince(resource: LocalResource | undefined, since: string): Cause | undefined {
  const { finishTime, error, cause } = resource?.status?.build ?? {};
  if (!resource || !finishTime || error !== undefined || !isLater(finishTime, since)) return undefined;
  return {
    type: "Build",
    object: `LocalResource/${resource.metadata.name}`,
    ...(cause?.files && { files: cause.files, fileCount: cause.fileCount }),
    message: `${resource.metadata.name} was built`,
    time: finishTime,
    ...(cause?.traceparent && { traceparent: cause.traceparent }),
  };
}

/** Has the sources built that have changed, unless the build sees that for itself. */
export async function askForBuild(
  client: Client,
  object: CFAppSync,
  { resource, cause }: { resource: LocalResource | undefined; cause: Cause },
): Promise<void> {
  if (!resource || listensItself(object, resource)) return;
  const annotations = { [TRIGGER_ANNOTATION]: triggerValueOf({ ...cause, type: "Trigger" }) };
  await client.patch(LocalResource, resource.metadata, { metadata: { annotations } });
}

const listensItself = (object: CFAppSync, { spec }: LocalResource): boolean =>
  spec.watch !== undefined ||
  watchNames(object).every((name) => spec.restartOn?.fileWatches?.includes(name) ?? false);
