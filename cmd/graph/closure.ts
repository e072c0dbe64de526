import type { KubeObject } from "../../apis/meta.ts";
import { usageError } from "../cli/errors.ts";
import { didYouMean } from "../cli/suggest.ts";
import { isRunnable, keyOf, nameOfKey, refOfKey, type Edge, type Graph } from "./model.ts";

/** What was asked for, and what that needs: by key, the edge that pulled it in; undefined for what was named. */
export type Closure = ReadonlyMap<string, Edge | undefined>;

/** What a bare name means first. */
const FIRST = ["LocalResource", "LocalProcess"];

/** Short names of kinds, for those who type them. */
const SHORT: Readonly<Record<string, string>> = {
  lr: "localresource",
  lp: "localprocess",
  fw: "filewatch",
  di: "dockerimage",
  cim: "customimage",
  kr: "k8sresource",
  cfs: "cfappsync",
};

/**
 * What these names stand for, with everything that they need.
 *
 * @throws CliError with exit code 2 for a name that is not there.
 */
export function closureOf(graph: Graph, names: readonly string[]): Closure {
  const found = new Map<string, Edge | undefined>(
    names.map((name) => [resolved(graph, name), undefined] as const),
  );
  // A map may grow while it is walked, and then the walk goes on.
  for (const [key] of found) {
    for (const edge of graph.edges.filter(({ from }) => from === key)) {
      if (graph.nodes.has(edge.to) && !found.has(edge.to)) found.set(edge.to, edge);
    }
  }
  return found;
}

/** The objects that are kept of a project: what runs nothing, and what the closure has. */
export const keptOf = <T extends { object: KubeObject }>(all: readonly T[], closure: Closure): T[] =>
  all.filter(({ object }) => !isRunnable(object) || closure.has(keyOf(object)));

function resolved(graph: Graph, word: string): string {
  const keys = [...graph.nodes.keys()].filter((key) => means(word, key));
  const best = FIRST.flatMap((kind) => keys.filter((key) => refOfKey(key).startsWith(`${kind}/`)))[0];
  const found = best ?? keys[0];
  if (found !== undefined) return found;
  const names = [...graph.nodes.keys()].map(nameOfKey);
  const hint = didYouMean(word, names) || (names.length ? `; there are ${listed(names)}` : "");
  throw usageError(`nothing is called "${word}"${hint}`);
}

function means(word: string, key: string): boolean {
  const slash = word.indexOf("/");
  if (slash < 0) return nameOfKey(key) === word;
  const kind = word.slice(0, slash).toLowerCase();
  const [own = ""] = refOfKey(key).toLowerCase().split("/");
  const isKind = [own, `${own}s`, `${own}es`].includes(SHORT[kind] ?? kind);
  return isKind && nameOfKey(key) === word.slice(slash + 1);
}

const listed = (names: readonly string[]): string =>
  names.length > 10 ? `${names.slice(0, 10).join(", ")} and ${names.length - 10} more` : names.join(", ");
