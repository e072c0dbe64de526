import { type Field, fieldsOf, timestampMs } from "./wire.ts";

/** A step of a build, as far as it is known: every message tells all of it again. */
export interface Vertex {
  digest: string;
  name: string;
  cached: boolean;
  startedMs?: number;
  completedMs?: number;
  error?: string;
}

export interface VertexLog {
  vertex: string;
  text: Buffer;
}

export interface BuildStatus {
  vertexes: Vertex[];
  logs: VertexLog[];
}

/** Decodes a `moby.buildkit.v1.StatusResponse`. */
export function buildStatusOf(message: Buffer): BuildStatus {
  const status: BuildStatus = { vertexes: [], logs: [] };
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) status.vertexes.push(vertexOf(bytes));
    if (number === 3) status.logs.push(logOf(bytes));
  }
  return status;
}

type Setters = Readonly<Record<number, (vertex: Vertex, field: Field) => void>>;

const VERTEX: Setters = {
  1: (vertex, { bytes }) => (vertex.digest = bytes.toString()),
  3: (vertex, { bytes }) => (vertex.name = bytes.toString()),
  4: (vertex, { value }) => (vertex.cached = value !== 0),
  5: (vertex, { bytes }) => (vertex.startedMs = timestampMs(bytes)),
  6: (vertex, { bytes }) => (vertex.completedMs = timestampMs(bytes)),
  7: (vertex, { bytes }) => (vertex.error = bytes.toString()),
};

function vertexOf(message: Buffer): Vertex {
  const vertex: Vertex = { digest: "", name: "", cached: false };
  for (const field of fieldsOf(message)) VERTEX[field.number]?.(vertex, field);
  return vertex;
}

function logOf(message: Buffer): VertexLog {
  let vertex = "";
  let text: Buffer = Buffer.alloc(0);
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) vertex = bytes.toString();
    if (number === 4) text = bytes;
  }
  return { vertex, text };
}
