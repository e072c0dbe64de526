import type { LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { isBuilding, isBuilt, type Status } from "./build.ts";
import { endRequestFor, hasTaken, ownCauseOf } from "./child.ts";
import { askProcess, ensureProcess } from "./children.ts";

export interface Processes {
  build: LocalProcess | undefined;
  serve: LocalProcess | undefined;
}

/** The process of a build is only touched for a build: it would run by itself if its spec were changed. */
export async function ensureProcesses(
  client: Client,
  resource: LocalResource,
  status: Status,
  { build, serve }: Processes,
): Promise<void> {
  if (isBuilding(status)) await ensureBuild(client, resource, status, build);
  if (status.stopped) return askProcess(client, serve, status.stopped);
  // While a build runs, and after one that failed, the server stays as it is; but it may be started again.
  const cause = status.serve?.cause ?? (isBuilding(status) ? undefined : status.build?.cause);
  if (!cause) return;
  const own = ownCauseOf(resource, "serve", cause);
  if (isBuilding(status) || !isBuilt(resource, status)) return askProcess(client, serve, own);
  await ensureProcess(client, resource, "serve", own);
}

async function ensureBuild(
  client: Client,
  resource: LocalResource,
  status: Status,
  process: LocalProcess | undefined,
): Promise<void> {
  const { cause, cancel } = status.build ?? {};
  if (!cause) return;
  const own = ownCauseOf(resource, "build", cause);
  // Only a run that it has taken up can be ended: before that, it would take the request for one about an earlier run.
  if (cancel && process && hasTaken(process, own))
    return askProcess(client, process, endRequestFor(process, cancel));
  await ensureProcess(client, resource, "build", own);
}
