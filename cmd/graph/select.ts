import type { KubeObject } from "../../apis/meta.ts";
import type { Manifest } from "../manifests/manifest.ts";
import { closureOf, keptOf, type Closure } from "./closure.ts";
import { graphOf, type Graph } from "./model.ts";

/** What a call is about: all objects of a project, or some and what those need. */
export interface Chosen {
  manifests: readonly Manifest[];
  /** Of the whole project. */
  graph: Graph;
  /** Undefined if all are meant. */
  closure: Closure | undefined;
}

/**
 * Those objects that these names mean, with all that they need.
 *
 * @param namespace - Where objects are that name none.
 * @throws CliError with exit code 2 for a name that is not there.
 */
export function choose(manifests: readonly Manifest[], names: readonly string[], namespace: string): Chosen {
  const placed = manifests.map((manifest) => ({ manifest, object: placedIn(manifest.object, namespace) }));
  const graph = graphOf(placed.map(({ object }) => object));
  if (names.length === 0) return { manifests, graph, closure: undefined };
  const closure = closureOf(graph, names);
  return { manifests: keptOf(placed, closure).map(({ manifest }) => manifest), graph, closure };
}

export const placedIn = (object: KubeObject, namespace: string): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace },
});
