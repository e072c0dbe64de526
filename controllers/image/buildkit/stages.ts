import type { BuildStatus, Vertex } from "./status.ts";

/** A stage of a build, as the status of the image has it. */
export interface Stage {
  name: string;
  cached?: boolean;
  startTime?: string;
  finishTime?: string;
  error?: string;
}

const MAX_STAGES = 200;
const LONGEST_NAME = 300;

const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23)}000Z`;

/** Collects what BuildKit tells of a build: the stages of the status, and the lines of the log. */
export class BuildKitProgress {
  readonly #stages = new Map<string, Stage>();
  readonly #write: (text: string | Buffer) => void;

  constructor(write: (text: string | Buffer) => void) {
    this.#write = write;
  }

  get stages(): Stage[] {
    return [...this.#stages.values()].slice(0, MAX_STAGES);
  }

  take({ vertexes, logs }: BuildStatus): void {
    for (const vertex of vertexes) this.#see(vertex);
    for (const { text } of logs) this.#write(text);
  }

  /** Those that BuildKit needs for itself, such as the transfer of the context, are no stages of the Dockerfile. */
  #see(vertex: Vertex): void {
    if (vertex.startedMs === undefined || vertex.name.startsWith("[internal]")) return;
    const before = this.#stages.get(vertex.digest);
    const stage = stageOf(vertex);
    this.#stages.set(vertex.digest, stage);
    if (!before) this.#write(`=> ${stage.name}\n`);
    if (stage.finishTime && !before?.finishTime) this.#write(`   ${endOf(vertex)}: ${stage.name}\n`);
  }
}

function stageOf({ name, cached, startedMs, completedMs, error }: Vertex): Stage {
  return {
    name: name.slice(0, LONGEST_NAME),
    cached,
    startTime: timeOf(startedMs ?? 0),
    ...(completedMs !== undefined && { finishTime: timeOf(completedMs) }),
    ...(error && { error: error.slice(0, 1_000) }),
  };
}

function endOf({ cached, error, startedMs = 0, completedMs = 0 }: Vertex): string {
  if (error) return `failed (${error})`;
  return cached ? "cached" : `done in ${((completedMs - startedMs) / 1000).toFixed(1)}s`;
}
