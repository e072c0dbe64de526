import type { KubeObject } from "../../apis/meta.ts";
import { LocalProcess, LocalResource, RESOURCE_LABEL, type Cause } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { isOwnedBy, isRestartedBy, type RestartOn } from "../runtime/index.ts";
import type { LoopRun } from "./engine/loop-detector.ts";

const SERVER_START_MS = 2_000;

type Watch = {
  metadata: KubeObject["metadata"];
  spec: { selector?: { matchLabels?: Record<string, string> } };
};

interface Run {
  startTime?: string;
  finishTime?: string;
  cause?: Cause;
}

/** The present and latest runs of all that this watch makes run. */
export async function runsOf(client: Client, watch: Watch): Promise<LoopRun[]> {
  const { namespace } = watch.metadata;
  const [resources, processes] = await Promise.all([
    client.list(LocalResource, { namespace }),
    client.list(LocalProcess, { namespace }),
  ]);
  const uses = (object: KubeObject) =>
    isRestartedBy((object["spec"] as { restartOn?: RestartOn }).restartOn, watch) ||
    isOwnedBy(watch, object) ||
    isSelected(object, watch);
  const users = resources.items.filter((object) => uses(object as unknown as KubeObject));
  const running = processes.items.filter((object) => {
    const process = object as unknown as KubeObject;
    return uses(process) || users.some((owner) => isOwnedBy(process, owner));
  });
  const builds = users.flatMap(({ status, metadata }) =>
    [status?.build, ...(status?.buildHistory ?? []).slice(0, 2)].map((run) => loopRunOf(metadata.name, run)),
  );
  return [...builds, ...running.map(processRunOf)].filter((run) => run !== undefined);
}

/** A server runs on and on: only what is written soon after its start is put down to it. */
function processRunOf({ spec, status, metadata }: LocalProcess): LoopRun | undefined {
  const run = loopRunOf(metadata.labels?.[RESOURCE_LABEL] ?? metadata.name, status);
  const staysOn = spec.daemon || (spec.restartPolicy ?? "Never") !== "Never";
  return run && run.finishMs === undefined && staysOn
    ? { ...run, finishMs: run.startMs + SERVER_START_MS }
    : run;
}

function loopRunOf(name: string, run: Run | undefined): LoopRun | undefined {
  if (!run?.startTime || !run.cause?.traceparent) return undefined;
  const finishMs = run.finishTime === undefined ? undefined : Date.parse(run.finishTime);
  return { name, traceparent: run.cause.traceparent, startMs: Date.parse(run.startTime), finishMs };
}

const isSelected = (object: KubeObject, { spec }: Watch): boolean =>
  matches(spec.selector?.matchLabels, object.metadata.labels);

/** An empty or missing selector matches nothing here. */
function matches(
  wanted: Record<string, string> | undefined,
  labels: Record<string, string> | undefined,
): boolean {
  const pairs = Object.entries(wanted ?? {});
  return pairs.length > 0 && pairs.every(([key, value]) => labels?.[key] === value);
}
