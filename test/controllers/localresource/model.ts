import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import {
  FileWatch,
  LocalProcess,
  LocalResource,
  type Cause,
  type FileEvent,
  type RequestType,
} from "../../../apis/v1alpha1/index.ts";
import { Client } from "../../../client/index.ts";
import { localResourceController } from "../../../controllers/localresource/index.ts";
import { causeOfTrigger, type Controller, isLater, nowMicro, silentLog } from "./parts.ts";
import { MemoryApi } from "./memory-api.ts";

export const LIMIT = 2;

interface Proc {
  startTime: string;
  /** The request that it serves. */
  asked: Cause;
}

type ProcessStatus = NonNullable<LocalProcess["status"]>;

/** What a history did that must never be. */
export class Violation extends Error {}

/**
 * A project of resources over an API in memory. The resources are looked after by the real controller; the processes
 * by a stand-in that obeys requests as LocalProcess does, and runs nothing.
 */
export class World {
  readonly api = new MemoryApi();
  readonly client = new Client(this.api.transport);
  readonly names: readonly string[];
  readonly running = new Map<string, Proc>();
  /** Saves so far, how many of them the last build has seen, and how builds ended, by what asked for them. */
  readonly saved = new Map<string, number>();
  readonly seen = new Map<string, number>();
  readonly outcomes = new Map<string, boolean>();
  readonly begun = new Map<string, Set<string>>();
  readonly #tick: () => void;
  #controller: Controller;
  #runs = 0;

  constructor(names: readonly string[], tick: () => void) {
    this.names = names;
    this.#tick = tick;
    this.#controller = this.#newController();
  }

  #newController(): Controller {
    const recorder = { event: () => undefined };
    return localResourceController({ client: this.client, recorder, maxParallelBuilds: LIMIT });
  }

  async create(): Promise<void> {
    await this.client.create(LocalProcess, "db", { argv: ["db"] });
    this.setDb(true);
    for (const [i, name] of this.names.entries()) {
      await this.client.create(FileWatch, `${name}-src`, { paths: ["."] });
      await this.client.create(LocalResource, name, {
        triggerMode: i === 2 ? "Manual" : "Auto",
        initialRun: true,
        allowParallel: i !== 0,
        disabled: false,
        restartOn: { fileWatches: [`${name}-src`] },
        ...(i === 1 && {
          dependsOn: [{ kind: "LocalProcess", name: "db", condition: "Ready", onChange: "Ignore" }],
        }),
        buildTemplate: { argv: ["build"], disabled: false },
        serveTemplate: { argv: ["serve"], disabled: false },
      });
      this.saved.set(name, 0);
      this.seen.set(name, -1);
      this.begun.set(name, new Set());
    }
  }

  setDb(isReady: boolean): void {
    const ready = { type: "Ready", status: isReady ? "True" : "False", reason: "Model", message: "" };
    this.api.setStatus("localprocesses", "db", {
      state: "Running",
      observedGeneration: 1,
      conditions: [ready],
    });
  }

  save(name: string): void {
    this.#tick();
    const version = this.saved.get(name)! + 1;
    this.saved.set(name, version);
    const { events = [] } = (this.api.peek("filewatches", `${name}-src`)!["status"] ?? {}) as {
      events?: FileEvent[];
    };
    const event = { time: nowMicro(), count: 1, files: [`file${version}`] };
    this.api.setStatus("filewatches", `${name}-src`, { events: [...events, event].slice(-20) });
  }

  async ask(name: string, type: RequestType): Promise<void> {
    this.#tick();
    const value = JSON.stringify({ type, message: `${type} by hand`, time: nowMicro() });
    await this.client.patch(LocalResource, name, {
      metadata: { annotations: { [TRIGGER_ANNOTATION]: value } },
    });
  }

  setDisabled(name: string, disabled: boolean): Promise<unknown> {
    return this.client.patch(LocalResource, name, { spec: { disabled } });
  }

  async reconcile(name: string): Promise<void> {
    this.#tick();
    const context = {
      signal: new AbortController().signal,
      log: silentLog,
      client: this.client,
      failures: 0,
    };
    await this.#controller.reconcile({ namespace: "default", name }, context);
    this.#noteBegun(name);
  }

  /** A build sees what was saved when it was decided on; what comes between that and its start counts as later. */
  #noteBegun(name: string): void {
    const { build } = this.resource(name).status ?? {};
    if (!build?.startTime || !build.cause) return;
    const key = `${build.cause.type} ${build.cause.time}`;
    if (this.begun.get(name)!.has(key)) return;
    this.begun.get(name)!.add(key);
    this.seen.set(name, this.saved.get(name)!);
  }

  resource(name: string): LocalResource {
    return this.api.peek("localresources", name) as LocalResource;
  }

  process(name: string): LocalProcess | undefined {
    return this.api.peek("localprocesses", name) as LocalProcess | undefined;
  }

  /** The controller of the processes looks at one. */
  react(name: string): void {
    this.#tick();
    const object = this.process(name);
    if (!object) return;
    const { status = {}, spec, metadata } = object;
    const trigger = metadata.annotations?.[TRIGGER_ANNOTATION];
    if (spec.disabled) return this.#end(name, { state: "Disabled" });
    const request =
      trigger !== undefined && trigger !== status.observedTrigger ? causeOfTrigger(trigger) : undefined;
    if (request) return this.#obey(name, request, trigger!);
    const isToRun =
      status.state === "Disabled" || (status.state === "Waiting" && status.nextStartTime !== undefined);
    if (isToRun && trigger !== undefined) this.#run(name, causeOfTrigger(trigger), trigger);
  }

  #obey(name: string, request: Cause, observedTrigger: string): void {
    const running = this.running.get(name);
    if (request.type === "Stop")
      return this.#end(name, { state: "Waiting", observedTrigger, nextStartTime: undefined });
    if (request.type !== "Cancel") return this.#run(name, request, observedTrigger);
    const isMeant = running !== undefined && !isLater(running.startTime, request.time);
    if (isMeant) this.#end(name, { state: "Failed", message: "canceled", observedTrigger });
    else this.#write(name, { observedTrigger });
  }

  #run(name: string, asked: Cause, observedTrigger: string): void {
    this.#end(name, {});
    const [, resource = "", role] = /^(.*)-(build|serve)$/.exec(name) ?? [];
    if (role === "build") this.#checkBuild(resource, name);
    else this.#checkServe(resource, asked);
    const startTime = nowMicro();
    this.running.set(name, { startTime, asked });
    const run = ++this.#runs;
    const ready = role === "serve";
    const { inputs: _, ...cause } = asked;
    this.#write(name, {
      state: "Running",
      pid: run,
      run,
      ready,
      startTime,
      observedTrigger,
      cause,
      nextStartTime: undefined,
    });
  }

  #checkBuild(resource: string, name: string): void {
    const others = [...this.running.keys()].filter((other) => other !== name && other.endsWith("-build"));
    if (others.length >= LIMIT) throw new Violation(`${name} beside ${others.join()}`);
    const isExclusive = (other: string) => !this.resource(other.replace(/-build$/, "")).spec.allowParallel;
    if (isExclusive(resource) && others.some(isExclusive))
      throw new Violation(`two exclusive builds: ${name}`);
  }

  #checkServe(resource: string, asked: Cause): void {
    const outcome = this.outcomes.get(`${resource} ${asked.type} ${asked.time}`);
    const wasEverBuilt = [...this.outcomes].some(([key, isGood]) => isGood && key.startsWith(`${resource} `));
    if (asked.type === "Restart" && outcome === undefined ? !wasEverBuilt : !outcome)
      throw new Violation(
        `${resource} serves for ${asked.type} ${asked.time}, whose build has not succeeded`,
      );
  }

  /** A process exits by itself. */
  exit(name: string, isGood: boolean): void {
    this.#tick();
    if (!this.running.has(name)) return;
    this.#end(
      name,
      isGood ? { state: "Succeeded", exitCode: 0 } : { state: "Failed", exitCode: 1, message: "exited" },
    );
  }

  #end(name: string, status: Partial<ProcessStatus>): void {
    const running = this.running.get(name);
    this.running.delete(name);
    const finishTime = running && nowMicro();
    if (running && name.endsWith("-build")) {
      const { type, time } = running.asked;
      this.outcomes.set(`${name.replace(/-build$/, "")} ${type} ${time}`, status.state === "Succeeded");
    }
    this.#write(name, { ...(finishTime && { finishTime }), pid: undefined, ready: false, ...status });
  }

  #write(name: string, status: Partial<ProcessStatus>): void {
    const object = this.process(name);
    if (!object) return;
    const next = { ...object.status, ...status };
    if (JSON.stringify(next) !== JSON.stringify(object.status))
      this.api.setStatus("localprocesses", name, next);
  }

  /** tiltish ends, with all that it ran, and is started again. */
  restart(): void {
    this.#tick();
    for (const name of this.running.keys()) {
      this.running.delete(name);
      this.#write(name, { state: "Waiting", pid: undefined, ready: false, nextStartTime: nowMicro() });
    }
    this.#controller = this.#newController();
  }
}
