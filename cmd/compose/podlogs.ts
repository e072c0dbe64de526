import { badRequest } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { CONTAINER, type Pod, runOf } from "../../apis/views/index.ts";
import type { LogOptions } from "../../controllers/runtime/index.ts";
import { logOptionsOf, type LogQuery } from "./logquery.ts";

/**
 * What of the log of a process a Pod shows: as a kubelet does, one run, which ends a stream that follows it.
 *
 * @throws StatusError `BadRequest` for another container than the one, and where there is no such run.
 */
export function podLogOptionsOf(pod: KubeObject, query: LogQuery): LogOptions {
  const { name } = pod.metadata;
  const { container = "" } = query;
  if (container !== "" && container !== CONTAINER) {
    throw badRequest(
      `container ${container} is not valid for pod ${name}; it has only the container ${CONTAINER}`,
    );
  }
  const { previous, run: _, ...options } = logOptionsOf(query, name);
  return { ...options, run: previous ? previousRunOf(pod) : presentRunOf(pod) };
}

function previousRunOf(pod: KubeObject): number {
  const run = runOf(statusOf(pod)?.lastState?.terminated?.containerID);
  if (run !== undefined) return run;
  throw badRequest(`previous terminated container "${CONTAINER}" in pod "${pod.metadata.name}" not found`);
}

/** While it waits to be run again, what it wrote last is what there is to see. */
function presentRunOf(pod: KubeObject): number {
  const { containerID, state = {}, lastState = {} } = statusOf(pod) ?? {};
  const id = state.running ? containerID : (state.terminated ?? lastState.terminated)?.containerID;
  const run = runOf(id);
  if (run !== undefined) return run;
  const { reason = "ContainerCreating", message } = state.waiting ?? {};
  throw badRequest(
    `container "${CONTAINER}" in pod "${pod.metadata.name}" is waiting to start: ${message ?? reason}`,
  );
}

const statusOf = (pod: KubeObject) => (pod as unknown as Pod).status.containerStatuses[0];
