import type { KubeObject } from "../../../apis/meta.ts";
import { verdictOf, type Memory, type Terms, type Verdict } from "../../../cmd/verdict/verdict.ts";

export const SECOND = 1_000;
export const MINUTE = 60_000;
/** When all of these stories begin. */
export const START = Date.parse("2026-01-01T00:00:00Z");
export const at = (ms: number): string => new Date(START + ms).toISOString();

const object = (kind: string, name: string, spec: object, status?: object): KubeObject => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind,
  metadata: { name, namespace: "default", uid: `${kind}/${name}`, generation: 1 },
  spec,
  ...(status && { status: { observedGeneration: 1, ...status } }),
});

export const process = (name: string, spec: object, status?: object): KubeObject =>
  object("LocalProcess", name, { argv: ["x"], ...spec }, status);
export const resource = (name: string, spec: object, status?: object): KubeObject =>
  object("LocalResource", name, spec, status);

export const sync = (name: string, status?: object): KubeObject => object("CFAppSync", name, {}, status);

const template = { argv: ["x"] };
const probe = { ...template, readinessProbe: { tcpSocket: { port: 1 } } };
export const BUILD = { buildTemplate: template };
export const SERVE = { serveTemplate: probe };
export const JOB = { restartPolicy: "Never" };
export const SERVER = { daemon: true, ...probe };

const cause = { type: "Created", time: at(0) };
export const building = { state: "Building", cause, build: { startTime: at(0) } };
export const built = { state: "Succeeded", cause, build: { startTime: at(0), finishTime: at(SECOND) } };
export const broken = (text = "exited with code 3\nsrc/a.ts:1: wrong") => ({
  state: "Failed",
  cause,
  build: { startTime: at(0), finishTime: at(SECOND), error: text, exitCode: 3 },
});
export const serving = (ready: boolean, more: object = {}) => ({
  ...built,
  state: "Serving",
  serve: { state: "Running", ready, startTime: at(SECOND), ...more },
});
export const running = (ready: boolean) => ({ state: "Running", ready, startTime: at(0), pid: 1 });
export const waiting = (message: string) => ({ state: "Waiting", message });
export const succeeded = { state: "Succeeded", startTime: at(0), finishTime: at(SECOND), exitCode: 0 };
export const failed = {
  state: "Failed",
  startTime: at(0),
  finishTime: at(SECOND),
  exitCode: 1,
  message: "exited with code 1",
};
export const backOff = { ...failed, state: "BackOff", restarts: 1 };
/** Without a cause nobody has asked for it yet. */
export const neverAsked = { state: "Idle", message: "never run; run it with: tiltish trigger tool" };

export const TERMS: Terms = {
  timeoutMs: 30 * MINUTE,
  readinessTimeoutMs: () => 5 * MINUTE,
  ignoresReadiness: () => false,
  graceMs: 0,
};
export const AT_START: Memory = { startMs: START, since: new Map() };

/** One look, so long after the start. */
export const look = (
  objects: readonly KubeObject[],
  {
    terms = {},
    ms = 2 * SECOND,
    memory = AT_START,
  }: { terms?: Partial<Terms>; ms?: number; memory?: Memory } = {},
): Verdict => verdictOf({ objects, nowMs: START + ms, memory }, { ...TERMS, ...terms });

/** Several looks, each with what the one before has noticed; the last of them. */
export function looks(
  steps: readonly (readonly [ms: number, objects: KubeObject[]])[],
  terms: Partial<Terms> = {},
) {
  return steps.reduce<Verdict | undefined>(
    (before, [ms, objects]) => look(objects, { terms, ms, ...(before && { memory: before.memory }) }),
    undefined,
  )!;
}
