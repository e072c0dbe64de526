import {
  CFAppSync,
  FileWatch,
  LocalProcess,
  LocalResource,
  RESOURCE_LABEL,
  childNameOf,
} from "../../apis/v1alpha1/index.ts";
import { keyOf, nameOf, type Informer } from "../../client/index.ts";
import { durationOf } from "../../apis/duration.ts";
import { controllerOf, type Manager, nowMicro, type Recorder, type Runnable } from "../runtime/index.ts";
import { traceOfProcess, traceOfResource, type Observed } from "./build-trace.ts";
import { keyOfCause } from "./context.ts";
import { savedTimeOf } from "./saved.ts";
import { traceOfSync } from "./sync-trace.ts";
import { type Trace, TRACE_ANNOTATION, TRACED } from "./trace.ts";

export interface TracerOptions {
  recorder: Recorder;
  /** Gets every trace that has come to an end. It must not wait, and not throw. */
  onTrace?: (trace: Trace) => void;
}

/** What is remembered of the present run of an object. */
interface Memory extends Observed {
  cause: string;
  /** Start of the run of the process that the times are about. */
  run?: string | undefined;
  trace?: Trace | undefined;
  isTold: boolean;
}

type Traced = LocalResource | LocalProcess | CFAppSync;

/**
 * Watches what runs, and tells of each run how it came about and how long each step took: as an Event, and to whom else
 * it concerns. It only looks: nothing waits for it.
 */
export class Tracer implements Runnable {
  readonly name = "tracer";
  readonly kinds = [CFAppSync, FileWatch, LocalProcess, LocalResource];
  readonly #options: TracerOptions;
  readonly #memories = new Map<string, Memory>();
  #processes: Informer<typeof LocalProcess> | undefined;
  #resources: Informer<typeof LocalResource> | undefined;
  #watches: Informer<typeof FileWatch> | undefined;
  /** While it is told of what was there before it. */
  #isNew = true;
  #endings: (() => void)[] = [];

  constructor(options: TracerOptions) {
    this.#options = options;
  }

  start(manager: Manager): void {
    this.#watches = manager.informer(FileWatch);
    this.#processes = manager.informer(LocalProcess);
    this.#resources = manager.informer(LocalResource);
    const syncs = manager.informer(CFAppSync);
    const look = (object: Traced) => this.#lookAt(object);
    const handlers = { added: look, updated: look, deleted: (object: Traced) => this.#forget(object) };
    this.#endings = [this.#resources.on(handlers), this.#processes.on(handlers), syncs.on(handlers)];
    this.#isNew = false;
  }

  async stop(): Promise<void> {
    for (const end of this.#endings.splice(0)) end();
  }

  #forget(object: Traced): void {
    this.#memories.delete(memoryKey(object));
  }

  /** What a resource owns tells of the resource. */
  #lookAt(object: Traced): void {
    const owner = object.metadata.labels?.[RESOURCE_LABEL];
    if (object.kind === LocalProcess.kind && owner !== undefined && controllerOf(object)) {
      const resource = this.#resources?.get({ ...nameOf(object), name: owner });
      if (resource) this.#look(resource);
    } else this.#look(object);
  }

  #look(object: Traced): void {
    const { cause } = object.status ?? {};
    if (!cause) return;
    const memory = this.#memoryOf(object, keyOfCause(cause));
    if (memory.isTold) return;
    const process = this.#processOf(object);
    this.#observe(memory, process);
    memory.savedTime ??= savedTimeOf(cause, object.metadata.namespace ?? "", this.#watches);
    const trace = traceOfAny(object, process, memory);
    memory.trace = trace;
    if (trace && trace.outcome !== "running") this.#tell(object, memory, trace);
  }

  /** A new cause ends what was done for the one before, whether it had come to its end or not. */
  #memoryOf(object: Traced, cause: string): Memory {
    const key = memoryKey(object);
    const before = this.#memories.get(key);
    if (before?.cause === cause) return before;
    if (before?.trace && !before.isTold) this.#tell(object, before, superseded(before.trace));
    // What had run before we looked has been told of, or nobody knows how it went.
    const memory: Memory = { cause, isTold: this.#isNew && isSettled(object) };
    this.#memories.set(key, memory);
    return memory;
  }

  #processOf(object: Traced): LocalProcess | undefined {
    if (isSync(object)) return undefined;
    if (!isResource(object)) return object;
    return this.#processes?.get({ ...nameOf(object), name: childNameOf(object.metadata.name, "serve") });
  }

  #observe(memory: Memory, process: LocalProcess | undefined): void {
    const { startTime, state, ready } = process?.status ?? {};
    if (memory.run !== startTime) {
      memory.run = startTime;
      memory.runningTime = memory.readyTime = undefined;
    }
    if (state === "Running") memory.runningTime ??= nowMicro();
    if (state === "Running" && ready) memory.readyTime ??= nowMicro();
  }

  #tell(object: Traced, memory: Memory, trace: Trace): void {
    memory.isTold = true;
    this.#options.onTrace?.(trace);
    const annotations = { [TRACE_ANNOTATION]: JSON.stringify(trace) };
    this.#options.recorder.event(object, "Normal", TRACED, textOf(trace), { annotations });
  }
}

const isSync = (object: Traced): object is CFAppSync => object.kind === CFAppSync.kind;

function traceOfAny(object: Traced, process: LocalProcess | undefined, memory: Memory): Trace | undefined {
  if (isSync(object)) return traceOfSync(object, memory);
  return isResource(object) ? traceOfResource(object, process, memory) : traceOfProcess(object, memory);
}

const isResource = (object: Traced): object is LocalResource => object.kind === LocalResource.kind;

const memoryKey = (object: Traced): string => `${object.kind}/${keyOf(nameOf(object))}`;

const UNSETTLED: readonly (string | undefined)[] = [
  "Building",
  "Starting",
  "Waiting",
  "Syncing",
  "Restarting",
  "Deploying",
  undefined,
];

/** Nothing of it is on its way. */
function isSettled({ status }: Traced): boolean {
  return !UNSETTLED.includes(status?.state);
}

function superseded(trace: Trace): Trace {
  const endTime = nowMicro();
  const [root, ...rest] = trace.steps;
  const steps = [{ ...root!, endTime }, ...rest.map((step) => ({ endTime, ...step }))];
  return { ...trace, outcome: "superseded", endTime, steps };
}

/** `src/a.ts changed → ready in 412ms (trace 4bf92f35)` */
function textOf({ why, outcome, startTime, endTime = startTime, traceId }: Trace): string {
  const ms = Math.max(0, Date.parse(endTime) - Date.parse(startTime));
  return `${why} → ${outcome} after ${durationOf(ms)} (trace ${traceId.slice(0, 8)})`;
}
