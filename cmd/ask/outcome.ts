import type { KubeObject } from "../../apis/meta.ts";
import { failure } from "../cli/errors.ts";
import type { NamedObject } from "../resources/runnable.ts";

/** What the statuses of what runs have in common. */
export interface RunStatus {
  state?: string;
  message?: string;
  observedTrigger?: string;
  pid?: number;
  ready?: boolean;
  startTime?: string;
  /** Of an image. */
  error?: string;
  duration?: string;
  build?: { startTime?: string; finishTime?: string; error?: string; duration?: string };
  serve?: { state?: string; ready?: boolean; pid?: number; startTime?: string };
  pending?: { count: number };
  stopped?: object;
}

export const runStatusOf = ({ status }: KubeObject): RunStatus => status ?? {};

/** @throws CliError for what is disabled: it would do nothing, now or later. */
export function assertEnabled({ type, object }: NamedObject): void {
  const { disabled } = (object["spec"] ?? {}) as { disabled?: boolean };
  const { name } = object.metadata;
  if (disabled) throw failure(`${type.kind}/${name} is disabled; enable it first: tiltish enable ${name}`);
}

/** What will come of a request for a run. */
export function runOutcome(verb: string, object: KubeObject): string {
  const { state, message } = runStatusOf(object);
  if (state === "Building") return `${verb}; a build runs, one more is queued`;
  if (state === "Waiting" && message?.startsWith("waits for")) return `${verb}; it ${message}`;
  return verb;
}

/** What a sync does with files, which can be canceled. */
const SENDING = ["Syncing", "Restarting", "Deploying"];
/** How a sync is while nobody knows yet what will come of it. */
const UNDECIDED = ["Resolving", "Connecting", "Comparing", ...SENDING];
const ACTIVE = [
  "Building",
  "Pushing",
  "Starting",
  "Running",
  "Serving",
  "Stopping",
  "BackOff",
  "Synced",
  ...UNDECIDED,
];

export const isSending = (object: KubeObject): boolean => SENDING.includes(runStatusOf(object).state ?? "");
export const isUndecided = (object: KubeObject): boolean =>
  UNDECIDED.includes(runStatusOf(object).state ?? "");

/** Whether a command of a K8sResource applies or deletes. */
export const isCommanded = (object: KubeObject): boolean =>
  ["Applying", "Deleting"].includes(runStatusOf(object).state ?? "") &&
  (object["spec"] as { applyCommand?: object }).applyCommand !== undefined;

export const isImage = ({ kind }: KubeObject): boolean => kind === "DockerImage" || kind === "CustomImage";

/** Whether it runs, or is about to. */
export const isOn = (object: KubeObject): boolean => {
  const { state = "", pid, serve } = runStatusOf(object);
  return ACTIVE.includes(state) || pid !== undefined || serve?.pid !== undefined;
};
