import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { millisecondsOf } from "../../../apis/duration.ts";
import type { CFAppSync } from "../../../apis/v1alpha1/index.ts";
import type { LocalTreeOptions } from "../../sync/index.ts";
import type { RestartPolicy } from "../transports/transport.ts";

export type Spec = CFAppSync["spec"];

/** A spec with everything resolved: absolute paths, milliseconds, bytes. */
export interface Settings {
  readonly spec: Spec;
  readonly root: string;
  readonly cfHome: string | undefined;
  readonly tree: LocalTreeOptions;
  readonly limits: { readonly maxFiles: number; readonly maxSet: number; readonly deltaOver: number };
  readonly debounceMs: number;
  readonly maxWaitMs: number;
  readonly persistIdleMs: number;
  readonly fullDeployOn: readonly string[];
  readonly manifest: string | undefined;
  /** Certificates to trust in fast-push. */
  readonly caFile: string | undefined;
  readonly varsFiles: readonly string[];
  /** Of all that a full deploy is made from. */
  readonly specHash: string;
  /** Of all but what only says when to sync: another one means to begin anew. */
  readonly workHash: string;
}

/** Files by which a buildpack decides what to install: those of the app itself, and no others of these names. */
const STRUCTURAL = [
  "./manifest*.yml",
  "./manifest*.yaml",
  "./Procfile",
  "./.profile.d/**",
  "./buildpack.yml",
  "./project.toml",
  "./runtime.txt",
  "./package-lock.json",
  "./yarn.lock",
  "./pnpm-lock.yaml",
  "./requirements.txt",
  "./Pipfile.lock",
  "./poetry.lock",
  "./uv.lock",
  "./Gemfile.lock",
  "./composer.lock",
  "./go.sum",
];

const CASE_INSENSITIVE = process.platform === "darwin" || process.platform === "win32";

/** @param home - The root of the namespace. */
export function settingsOf(spec: Spec, home: string): Settings {
  const root = resolve(home, spec.localPath);
  const { limits, trigger, push } = spec;
  const at = (path: string | undefined) => (path === undefined ? undefined : resolve(home, path));
  return {
    spec,
    root,
    cfHome: at(spec.cfHome),
    tree: {
      root,
      ignores: spec.ignores,
      useCFIgnore: spec.useCFIgnore,
      maxFile: bytesOf(limits.maxFile),
      maxFiles: limits.maxFiles,
      caseInsensitive: CASE_INSENSITIVE,
    },
    limits: {
      maxFiles: limits.maxFiles,
      maxSet: bytesOf(limits.maxSet),
      deltaOver: bytesOf(limits.deltaOver),
    },
    debounceMs: msOf(trigger.debounce),
    maxWaitMs: msOf(trigger.maxWait),
    persistIdleMs: msOf(spec.persistIdle),
    fullDeployOn: spec.fullDeployOn ?? STRUCTURAL,
    manifest: at(push.manifest),
    caFile: at(spec.fastPush.caFile),
    varsFiles: (push.varsFiles ?? []).map((file) => resolve(home, file)),
    specHash: deployHashOf(spec, root),
    workHash: workHashOf(spec, root),
  };
}

function deployHashOf(spec: Spec, root: string): string {
  const { appName, target, ignores, useCFIgnore, push, initialDeploy } = spec;
  return hashOf({ appName, target, root, ignores, useCFIgnore, push, initialDeploy });
}

function workHashOf(spec: Spec, root: string): string {
  const { trigger, dependsOn, disabled, ...work } = spec;
  return hashOf({ ...work, mode: trigger.mode, root });
}

const hashOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);

export const msOf = (duration: string): number => millisecondsOf(duration) ?? 0;

const UNITS: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

export function bytesOf(size: string): number {
  const [, count = "0", unit = ""] = /^(\d+)(\D*)$/.exec(size) ?? [];
  return Number(count) * (UNITS[unit] ?? 1);
}

/** Where an app listens unless it is told otherwise. */
const DEFAULT_PORT = 8080;

/** What is to happen to the app once a set is committed. */
export function restartPolicyOf({ restart }: Spec): RestartPolicy {
  if (restart.mode === "None") return { mode: "None" };
  if (restart.mode === "Command") return { mode: "Command", command: restart.command ?? [] };
  const { readiness } = restart;
  const asks = readiness?.port !== undefined || readiness?.http !== undefined;
  return {
    mode: "Supervisor",
    signal: restart.signal.replace(/^SIG/, ""),
    graceSeconds: msOf(restart.grace) / 1000,
    ...(readiness && {
      readiness: {
        ...(asks && { port: readiness.port ?? DEFAULT_PORT }),
        ...(readiness.http !== undefined && { path: readiness.http }),
        timeoutSeconds: msOf(readiness.timeout) / 1000,
      },
    }),
  };
}
