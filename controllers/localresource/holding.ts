import { Namespace } from "../../apis/core/index.ts";
import { MAX_PARALLEL_BUILDS_ANNOTATION, type NamespacedName, parallelBuildsOf } from "../../apis/meta.ts";
import { childNameOf, LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import { type Client, nameOf } from "../../client/index.ts";
import type { BuildSlots } from "../runtime/index.ts";
import { isBuilding } from "./build.ts";
import { isActive } from "./child.ts";

/** How many builds may run at once in a namespace, if it says so itself. What is no such number says nothing. */
export async function ownLimitOf(client: Client, namespace: string): Promise<number | undefined> {
  const object = await client.get(Namespace, namespace);
  return parallelBuildsOf(object?.metadata.annotations?.[MAX_PARALLEL_BUILDS_ANNOTATION]);
}

/** Counts every build that the objects say is running. */
export async function holdRunning(client: Client, slots: BuildSlots): Promise<void> {
  const { items } = await client.list(LocalResource, { allNamespaces: true });
  const building = items.filter(({ status = {} }) => isBuilding(status));
  await Promise.all(
    building.map(async (resource) => {
      const limit = await ownLimitOf(client, resource.metadata.namespace ?? "");
      const place = { parallel: resource.spec.allowParallel, ...(limit !== undefined && { limit }) };
      slots.hold(nameOf(resource), place);
    }),
  );
}

/** The slot of a resource that is gone is free when its build has ended, too. */
export async function releaseGone(client: Client, slots: BuildSlots, request: NamespacedName): Promise<void> {
  slots.withdraw(request);
  const build = await client.get(LocalProcess, { ...request, name: childNameOf(request.name, "build") });
  if (!build || !isActive(build)) slots.finish(request);
}
