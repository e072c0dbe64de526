import type { Condition, KubeObject } from "../../apis/meta.ts";
import { edgeText } from "./edges.ts";
import { nameOfKey, refOfKey, type Edge, type Graph } from "./model.ts";
import { cyclesOf, unmetOf } from "./problems.ts";

/** An object as a graph shows it. */
export interface NodeView {
  key: string;
  name: string;
  kind: string;
  /** One word; absent where nobody has looked yet, as in a file. */
  state?: string;
  /** Something is needed and not there. */
  isMissing: boolean;
  message?: string;
}

export interface EdgeView extends Edge {
  text: string;
  /** Whether it has what it needs; absent where there is no state to tell. */
  isMet?: boolean;
}

export interface GraphView {
  nodes: readonly NodeView[];
  edges: readonly EdgeView[];
  cycles: readonly (readonly string[])[];
  /** By key, what an object waits for in vain. */
  unmet: ReadonlyMap<string, readonly string[]>;
}

interface Status {
  state?: string;
  message?: string;
  conditions?: Condition[];
}

const statusOf = (object: KubeObject | undefined): Status | undefined => object?.status as Status | undefined;

export function viewOf(graph: Graph): GraphView {
  const missing = new Set(graph.edges.map(({ to }) => to).filter((to) => !graph.nodes.has(to)));
  const unmet = new Map<string, string[]>();
  for (const { key, message } of unmetOf(graph)) unmet.set(key, [...(unmet.get(key) ?? []), message]);
  return {
    nodes: [
      ...[...graph.nodes].map(([key, object]) => nodeOf(key, object)),
      ...[...missing].map((key) => ({ ...namesOf(key), state: "not there", isMissing: true })),
    ],
    edges: graph.edges.map((edge) => ({ ...edge, text: edgeText(edge), ...metIn(graph, edge) })),
    cycles: cyclesOf(graph),
    unmet,
  };
}

const namesOf = (key: string) => ({ key, name: nameOfKey(key), kind: refOfKey(key).split("/", 1)[0]! });

function nodeOf(key: string, object: KubeObject): NodeView {
  const { state, message, conditions } = statusOf(object) ?? {};
  const ready = conditions?.find(({ type }) => type === "Ready");
  const isDisabled = (object.spec as { disabled?: boolean } | undefined)?.disabled === true;
  const word =
    state ?? (isDisabled ? "Disabled" : ready && (ready.status === "True" ? "Ready" : ready.reason));
  const why = message ?? (ready?.status === "False" ? ready.message : undefined);
  return { ...namesOf(key), isMissing: false, ...(word && { state: word }), ...(why && { message: why }) };
}

/** A dependency that is there and not as it is needed blocks who needs it. */
function metIn({ nodes }: Graph, { to, via, condition }: Edge): { isMet?: boolean } {
  if (via !== "dependsOn") return {};
  const object = nodes.get(to);
  if (!object) return { isMet: false };
  const conditions = statusOf(object)?.conditions;
  if (!conditions) return {};
  return { isMet: conditions.some(({ type, status }) => type === condition && status === "True") };
}
