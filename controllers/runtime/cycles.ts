import type { KubeObject } from "../../apis/meta.ts";
import type { Client } from "../../client/index.ts";
import { dependenciesOf, lookUp, refOf } from "./dependency.ts";
import { imageRefsOf } from "./images.ts";

/** On an object that waits for itself, by way of others. */
export const CYCLE_CONDITION = "DependencyCycle";

/** The shortest way along `dependsOn` and `imageRefs` from an object back to itself. */
export async function findCycle(client: Client, object: KubeObject): Promise<string | undefined> {
  const namespace = object.metadata.namespace ?? "";
  const home = refOf({ kind: object.kind, name: object.metadata.name });
  const seen = new Set<string>();
  let paths = [{ at: object as KubeObject | undefined, path: [home] }];
  while (paths.length > 0) {
    const steps = paths.flatMap(({ at, path }) => needsOf(at).map((next) => ({ next, path })));
    const fresh = steps.filter(({ next }) => !seen.has(refOf(next)) && seen.add(refOf(next)));
    const closing = fresh.find(({ next }) => refOf(next) === home);
    if (closing) return [...closing.path, home].join(" → ");
    paths = await Promise.all(
      fresh.map(async ({ next, path }) => ({
        at: (await lookUp(client, namespace, next)).object,
        path: [...path, refOf(next)],
      })),
    );
  }
  return undefined;
}

const needsOf = (object: KubeObject | undefined) => [
  ...dependenciesOf(object),
  ...imageRefsOf(object).map((ref) => ({ ...ref, condition: "Ready", onChange: "Ignore" as const })),
];
