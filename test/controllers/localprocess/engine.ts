import { mkdtempSync, rmSync } from "node:fs";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import type { LocalProcessSpec } from "../../../apis/v1alpha1/index.ts";
import { logDirectoryIn, openLog, type LogOptions } from "../../../controllers/runtime/index.ts";
import type { ProcessEvent } from "../../../controllers/localprocess/observation.ts";
import { Supervisor } from "../../../controllers/localprocess/supervisor.ts";
import type { ManagedProcess } from "../../../controllers/localprocess/process.ts";

/** A spec with the defaults that the server fills in. */
export const specOf = (spec: Partial<LocalProcessSpec> & { argv: string[] }): LocalProcessSpec => ({
  inheritEnv: true,
  initialRun: true,
  daemon: false,
  successExitCodes: [0],
  disabled: false,
  ...spec,
  backoff: { initial: "20ms", max: "100ms", resetAfter: "60s", ...spec.backoff },
  stop: { signal: "SIGTERM", gracePeriodSeconds: 1, ...spec.stop },
});

export const probeOf = (probe: Partial<NonNullable<LocalProcessSpec["readinessProbe"]>>) => ({
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
  ...probe,
});

export const sh = (script: string): string[] => ["sh", "-c", script];

/** Pids of the running processes with `text` in their environment. */
export function carriersOf(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => !isZombie(pid) && read(`/proc/${pid}/environ`).includes(text))
    .map(Number);
}

/** Whether a process runs; one that only waits to be buried does not. */
export const isAlive = (pid: number): boolean => read(`/proc/${pid}/stat`) !== "" && !isZombie(String(pid));

const isZombie = (pid: string): boolean => / [ZX] /.test(read(`/proc/${pid}/stat`).split(")").at(-1) ?? "");

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** A supervisor with a state directory of its own, and the processes of one object. */
export class Engine {
  readonly storeId = `store-${Math.random().toString(36).slice(2)}`;
  readonly directory = mkdtempSync(join(tmpdir(), "tiltish-lp-"));
  readonly events: ProcessEvent[] = [];
  readonly supervisor = new Supervisor({
    storeId: this.storeId,
    stateDirectory: this.directory,
    onEvent: (_, event) => this.events.push(event),
  });

  process(name = "web"): ManagedProcess {
    return this.supervisor.ensure(this.owner(name));
  }

  owner(name = "web") {
    return { namespace: "default", name, uid: `uid-${name}` };
  }

  run(spec: Partial<LocalProcessSpec> & { argv: string[] }, name = "web"): ManagedProcess {
    const process = this.process(name);
    const cause = { type: "Created" as const, time: new Date().toISOString() };
    process.run({ spec: specOf(spec), root: this.directory, cause });
    return process;
  }

  async log(options: LogOptions = {}, name = "web"): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.open(options, name)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  open(options: LogOptions = {}, name = "web", signal?: AbortSignal) {
    return openLog(logDirectoryIn(this.directory), this.owner(name), options, signal);
  }

  /** Whoever still runs for this engine. */
  get left(): number[] {
    return carriersOf(`TILTISH_OWNER=${this.storeId}/`);
  }

  async close(): Promise<void> {
    await this.supervisor.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const test = base.extend<{ engine: Engine }>({
  // oxlint-disable-next-line eslint/no-empty-pattern -- vitest reads the parameter's names
  engine: async ({}, use) => {
    const engine = new Engine();
    await use(engine);
    await engine.close();
  },
});
