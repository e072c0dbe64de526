import { durationOf } from "../../apis/duration.ts";
import type { StatusOf } from "../../apis/kind.ts";
import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import { type Cause, LocalProcess, type LocalResource } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { nowMicro, triggerValueOf } from "../runtime/index.ts";
import type { PendingChanges } from "./changes.ts";

export type Status = StatusOf<typeof LocalResource>;
type Build = NonNullable<Status["build"]>;

const HISTORY = 10;
const ERROR_LINES = "20";

export const isBuilding = ({ build }: Status): boolean => build?.startTime !== undefined && !build.finishTime;

/** A build that is disabled is none: the server does not wait for it. */
export const hasBuild = ({ spec }: LocalResource): boolean =>
  spec.buildTemplate !== undefined && !spec.buildTemplate.disabled;

/** Whether there is nothing that a server would have to wait for. */
export const isBuilt = (resource: LocalResource, { build }: Status): boolean =>
  !hasBuild(resource) || (build?.finishTime !== undefined && build.error === undefined);

/** The status in which a run for this cause has begun: of the build, or, where there is none, of the server. */
export function begin(
  resource: LocalResource,
  status: Status,
  cause: Cause,
  pending: PendingChanges,
): Status {
  const { pending: _, message: __, ...rest } = status;
  const taken: Status = {
    ...rest,
    cause,
    observedEvents: { ...status.observedEvents, ...pending.newest },
    ...observedTrigger(resource),
  };
  if (!hasBuild(resource)) return { ...taken, build: undefined, serve: { ...status.serve, cause } };
  return { ...taken, build: { startTime: nowMicro(), reason: cause.type, cause } };
}

const observedTrigger = ({ metadata }: LocalResource) => {
  const value = metadata.annotations?.[TRIGGER_ANNOTATION];
  return value === undefined ? {} : { observedTrigger: value };
};

/** The status with what the process of the running build has come to. */
export async function observeBuild(
  client: Client,
  status: Status,
  process: LocalProcess | undefined,
): Promise<Status> {
  const { build } = status;
  if (!build?.cause || !isBuilding(status) || !isRunFor(process, build.cause)) return status;
  // When exactly it started is said with the result: it is not worth a write of its own.
  const { state, startTime = build.startTime } = process.status ?? {};
  if (state !== "Succeeded" && state !== "Failed") return status;
  return finish(status, await resultOf(client, { ...build, startTime }, process));
}

/** The status in which no build runs any more, because of `why`. */
export function cancelBuild(status: Status, why: string): Status {
  const { build } = status;
  if (!build || !isBuilding(status)) return status;
  const finishTime = nowMicro();
  return finish(status, { ...build, ...span(build.startTime, finishTime), error: `canceled: ${why}` });
}

/** The status of a resource that has no build any more: its server waits for none. */
export function withoutBuild(status: Status): Status {
  if (!status.build) return status;
  const { build: _, ...rest } = cancelBuild(status, "it has no build any more");
  return { ...rest, serve: { ...rest.serve, cause: rest.serve?.cause ?? rest.cause } };
}

const span = (startTime: string | undefined, finishTime: string) => ({
  finishTime,
  duration: durationOf(Math.max(0, Date.parse(finishTime) - Date.parse(startTime ?? finishTime))),
});

/** Whether the process has taken up the run that this cause asked for. */
export const isRunFor = (process: LocalProcess | undefined, cause: Cause): process is LocalProcess =>
  process?.status?.observedTrigger === triggerValueOf(cause);

async function resultOf(client: Client, build: Build, process: LocalProcess): Promise<Build> {
  const { state, exitCode, finishTime = nowMicro(), startTime } = process.status ?? {};
  return {
    ...build,
    ...span(startTime ?? build.startTime, finishTime),
    ...(exitCode !== undefined && { exitCode }),
    ...(state === "Failed" && { error: await errorOf(client, process) }),
  };
}

function finish(status: Status, build: Build): Status {
  const buildHistory = [build, ...(status.buildHistory ?? [])].slice(0, HISTORY);
  const serve = build.error === undefined ? { ...status.serve, cause: build.cause } : status.serve;
  return { ...status, build, buildHistory, ...(serve && { serve }) };
}

/** What went wrong, and the last lines that the build wrote: often all that one needs to mend it. */
async function errorOf(client: Client, process: LocalProcess): Promise<string> {
  const { message = `exit code ${process.status?.exitCode}`, run } = process.status ?? {};
  const chunks: Uint8Array[] = [];
  try {
    const query = { tailLines: ERROR_LINES, ...(run && { run: String(run) }) };
    for await (const chunk of client.log(LocalProcess, process.metadata, query)) chunks.push(chunk);
  } catch {
    // Without its log the exit code still says that it failed.
  }
  const lines = Buffer.concat(chunks).toString().trimEnd();
  return lines === "" ? message : `${message}\n${lines}`;
}
