import type { KubeObject } from "../../apis/meta.ts";
import { didYouMean } from "../cli/suggest.ts";
import { nameOfKey, refOfKey, type Edge, type Graph } from "./model.ts";

/** An object that will never run as things are, or not without help. */
export interface Unmet {
  /** Key of who waits. */
  key: string;
  message: string;
}

/** The conditions that these kinds have. */
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  LocalProcess: ["Ready", "Started", "Completed", "Finished"],
  LocalResource: ["Ready", "Serving", "BuildSucceeded", "Started", "Completed", "Finished"],
};

/** Everything that waits for what can never be. */
export function unmetOf(graph: Graph): Unmet[] {
  const circles = cyclesOf(graph).map((keys) => ({
    key: keys[0]!,
    message: `waits for itself: ${[...keys, keys[0]!].map(refOfKey).join(" → ")}; remove one of these dependsOn`,
  }));
  const others = graph.edges
    .filter(({ via }) => via === "dependsOn" || via === "imageRefs")
    .flatMap((edge) => {
      const why = obstacle(graph, edge);
      return why === undefined ? [] : [{ key: edge.from, message: `waits for ${refOfKey(edge.to)}, ${why}` }];
    });
  return [...circles, ...others];
}

function obstacle(graph: Graph, { to, condition = "Ready" }: Edge): string | undefined {
  const object = graph.nodes.get(to);
  if (!object) return `which is not there${hintFor(graph, to)}`;
  const { disabled, initialRun } = (object.spec ?? {}) as { disabled?: boolean; initialRun?: boolean };
  if (disabled) return `which is disabled: tiltish enable ${nameOfKey(to)}`;
  if (initialRun === false) return `which runs only when triggered: tiltish trigger ${nameOfKey(to)}`;
  return conditionProblem(object, condition);
}

function hintFor(graph: Graph, to: string): string {
  const kind = refOfKey(to).split("/", 1)[0];
  const named = [...graph.nodes.keys()].filter((key) => nameOfKey(key) === nameOfKey(to));
  if (named.length) return `: ${refOfKey(named[0]!)} is`;
  const names = [...graph.nodes.values()]
    .filter((object) => object.kind === kind)
    .map(({ metadata }) => metadata.name);
  return didYouMean(nameOfKey(to), names);
}

function conditionProblem({ kind, spec }: KubeObject, condition: string): string | undefined {
  const known = CONDITIONS[kind];
  const { buildTemplate, serveTemplate, restartPolicy, daemon } = (spec ?? {}) as Record<string, unknown>;
  if (!known) return undefined;
  if (!known.includes(condition)) {
    return `which never has a condition ${condition}${didYouMean(condition, known) || `: it has ${known.join(", ")}`}`;
  }
  const hasPart = { BuildSucceeded: buildTemplate, Serving: serveTemplate }[condition];
  if (condition in { BuildSucceeded: 1, Serving: 1 } && !hasPart) {
    return `whose condition ${condition} is never True: it has no ${condition === "Serving" ? "serveTemplate" : "buildTemplate"}`;
  }
  const goesOn = restartPolicy === "Always" || (restartPolicy === undefined && daemon);
  return condition === "Completed" && goesOn ? "which never completes: it is always run again" : undefined;
}

/** Each circle of dependencies once, beginning with the key that comes first in the alphabet. */
export function cyclesOf({ nodes, edges }: Graph): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to, via } of edges) {
    if (via === "dependsOn") next.set(from, [...(next.get(from) ?? []), to]);
  }
  const found = new Map<string, string[]>();
  for (const start of nodes.keys()) {
    const circle = wayBack(start, next);
    if (!circle) continue;
    const at = circle.indexOf(circle.toSorted()[0]!);
    const turned = [...circle.slice(at), ...circle.slice(0, at)];
    found.set(turned.join("\n"), turned);
  }
  return [...found.values()];
}

/** The shortest way from a key along the edges back to it. */
function wayBack(start: string, next: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]]);
  for (const [at] of cameFrom) {
    for (const to of next.get(at) ?? []) {
      if (to === start) return pathTo(at, cameFrom);
      if (!cameFrom.has(to)) cameFrom.set(to, at);
    }
  }
  return undefined;
}

function pathTo(end: string, cameFrom: ReadonlyMap<string, string | undefined>): string[] {
  const path: string[] = [];
  for (let at: string | undefined = end; at !== undefined; at = cameFrom.get(at)) path.unshift(at);
  return path;
}
