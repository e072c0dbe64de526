import { stripVTControlCharacters } from "node:util";
import type { Condition, KubeObject } from "../../apis/meta.ts";
import { KINDS } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { conditionOf, conditionsThereAre } from "./dependencyconditions.ts";
import { dependenciesOf, type Found, lookUp, refOf, specOf, statusOf } from "./dependency.ts";
import type { Unmet } from "./dependencies.ts";

/** What a dependent waits for. */
export interface Obstacle {
  /** `LocalProcess/db (not ready since 13:04:05: tcp 5432 refused)` */
  text: string;
  /** Why that will not change by itself. */
  unmet?: Unmet;
  /** The one at the root of it, if it runs, or has run: its output may tell more. */
  blocker?: Found;
}

/** How far a chain of those who wait for each other is followed. */
const MAX_DEPTH = 20;

/** Why a dependent must wait for it, if it must; by way of others, the one at the root of it is named. */
export async function obstacleOf(
  client: Client,
  namespace: string,
  found: Found,
  depth = 0,
): Promise<Obstacle | undefined> {
  const own = ownObstacle(found);
  if (!own || !found.object || own.unmet?.reason === "Disabled" || depth > MAX_DEPTH) return own;
  const root = await firstBehind(client, namespace, found.object, depth + 1);
  if (!root) return own;
  const heldUp = root.text.replace(/^.*?, held up by /, "");
  return { ...root, text: `${refOf(found.dependency)}, held up by ${heldUp}` };
}

async function firstBehind(
  client: Client,
  namespace: string,
  object: KubeObject,
  depth: number,
): Promise<Obstacle | undefined> {
  for (const dependency of dependenciesOf(object)) {
    const found = await lookUp(client, namespace, dependency);
    const obstacle = await obstacleOf(client, namespace, found, depth);
    if (obstacle) return obstacle;
  }
  return undefined;
}

function ownObstacle({ dependency, kind, object }: Found): Obstacle | undefined {
  const ref = refOf(dependency);
  const never = (reason: string, why: string, then = ""): Obstacle => ({
    text: `${ref} (${why})`,
    unmet: { reason, message: `${ref}: ${why}${then}` },
  });
  if (!kind)
    return never("NoSuchKind", `no such kind; there are ${KINDS.map(({ kind }) => kind).join(", ")}`);
  if (!object) return never("Missing", "it does not exist", "; create it, or remove it from dependsOn");
  if (object.metadata.deletionTimestamp) return { text: `${ref} (it is being deleted)` };
  if (specOf(object).disabled)
    return never("Disabled", "it is disabled", `; tiltish enable ${dependency.name}`);
  return conditionObstacle({ dependency, kind, object });
}

function conditionObstacle(found: Found): Obstacle | undefined {
  const { dependency, object } = found;
  const { condition: type } = dependency;
  const ref = refOf(dependency);
  const condition = conditionOf(object!, type);
  if (!condition) return unknownCondition(found);
  if (isOutdated(object!, condition))
    return { text: `${ref} (${type} is about its spec before the last change)` };
  if (condition.status === "True") return undefined;
  const text = `${ref} (${unmetText(condition)})`;
  const unmet = failedForGood(object!, dependency.condition);
  const hasRun =
    statusOf(object!).run !== undefined || statusOf(object!).build || statusOf(object!).serve?.startTime;
  return {
    text,
    ...(unmet && { unmet: { ...unmet, message: `${ref}: ${unmet.message}` } }),
    ...(hasRun && { blocker: found }),
  };
}

function unknownCondition({ dependency, object }: Found): Obstacle {
  const { condition: type } = dependency;
  const text = `${refOf(dependency)} (no condition ${type} yet)`;
  const known = conditionsThereAre(object!);
  // What its controller has not looked at yet has no conditions at all.
  if (statusOf(object!).observedGeneration === undefined || known.includes(type)) return { text };
  const message = `${refOf(dependency)} has no condition ${type}; it has ${known.join(", ")}`;
  return { text, unmet: { reason: "NoSuchCondition", message } };
}

function isOutdated(object: KubeObject, condition: Condition): boolean {
  const described = condition.observedGeneration ?? statusOf(object).observedGeneration;
  return described !== undefined && described < (object.metadata.generation ?? 0);
}

function unmetText({ type, reason, message, lastTransitionTime }: Condition): string {
  const what = type === "Ready" ? "not ready" : `not ${type}`;
  const since = lastTransitionTime ? ` since ${clockOf(lastTransitionTime)}` : "";
  return `${what}${since}: ${message || reason}`;
}

/** As the clock on the wall says: the status is read where it is written. */
function clockOf(time: string): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((n) => String(n).padStart(2, "0"))
    .join(":");
}

/** It will not become what is wanted by itself: it has failed and is not run again, or never does what is wanted. */
function failedForGood(object: KubeObject, type: string): Unmet | undefined {
  const { state, message = "", stopped, build, serve } = statusOf(object);
  const { serveTemplate, daemon, restartPolicy } = specOf(object);
  const { name } = object.metadata;
  if (stopped || message.startsWith("stopped by hand"))
    return { reason: "Stopped", message: `stopped by hand; tiltish start ${name}` };
  if (state === "Idle")
    return { reason: "NotAsked", message: `it runs only when it is asked to; tiltish trigger ${name}` };
  if (type === "Finished") return undefined;
  const endless = serveTemplate
    ? (serveTemplate.restartPolicy ?? "Always") === "Always"
    : daemon || restartPolicy === "Always";
  if (type === "Completed" && endless)
    return { reason: "NeverEnds", message: "it is run again whenever it ends, and so never completed" };
  const hasFailed =
    object.kind === "LocalProcess"
      ? state === "Failed"
      : build?.error !== undefined || serve?.state === "Failed";
  return hasFailed
    ? { reason: "Failed", message: `it has failed, and is not run again by itself: ${message}` }
    : undefined;
}

const LONGEST_LINE = 160;

/** The same with the last line that the blocker wrote, where it can be had. */
export async function withLastLine(client: Client, { text, blocker }: Obstacle): Promise<string> {
  if (!blocker?.object || !blocker.kind?.subresources.log) return text;
  const line = await lastLineOf(client, blocker);
  return line === undefined ? text : text.replace(/\)$/, `; last log: ${JSON.stringify(line)})`);
}

async function lastLineOf(client: Client, { kind, object }: Found): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of client.log(kind!, object!.metadata, { tailLines: "20" })) chunks.push(chunk);
  } catch {
    return undefined; // It tells less without, and is true all the same.
  }
  const lines = stripVTControlCharacters(Buffer.concat(chunks).toString()).split("\n");
  // What tiltish notes there itself is no output.
  const written = lines
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("[tiltish]"));
  return written.at(-1)?.slice(0, LONGEST_LINE);
}
