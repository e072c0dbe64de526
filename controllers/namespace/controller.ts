import { Event, Namespace, NAMESPACE_FINALIZER } from "../../apis/core/index.ts";
import type { AnyKind, Client } from "../../client/index.ts";
import {
  controllerOf,
  defineController,
  hasFinalizer,
  isBeingDeleted,
  removeFinalizer,
  watchKind,
  type Controller,
} from "../runtime/index.ts";

interface NamespaceOptions {
  /** Every kind that is served; those without namespaces are left alone. */
  kinds: readonly AnyKind[];
}

/** An object whose end no informer told of is looked for anew after this long. */
const LOOK_AGAIN_MS = 2_000;

/** Empties a Namespace that is being deleted, and lets go of it when nothing is left in it. */
export function namespaceController({ kinds }: NamespaceOptions): Controller {
  const namespaced = eventsLast(kinds.filter((kind) => kind.namespaced));
  return defineController({
    for: Namespace,
    watches: namespaced.map((kind) =>
      watchKind(kind, (object) => [{ namespace: "", name: namespaceOf(object) }], ["delete"]),
    ),
    async reconcile({ name }, { client }) {
      const namespace = await client.get(Namespace, name);
      if (!namespace || !isBeingDeleted(namespace) || !hasFinalizer(namespace, NAMESPACE_FINALIZER))
        return undefined;
      // Owners first, or they would try to make anew what goes.
      for (const isOwned of [false, true])
        for (const kind of namespaced) await deleteAll(client.in(name), kind, isOwned);
      if (!(await isEmpty(client.in(name), namespaced))) return { requeueAfterMs: LOOK_AGAIN_MS };
      await removeFinalizer(client, { kind: Namespace, object: namespace, finalizer: NAMESPACE_FINALIZER });
      return undefined;
    },
  });
}

/** Those that a finalizer holds are only asked once. */
async function deleteAll(client: Client, kind: AnyKind, isOwned: boolean): Promise<void> {
  const { items } = await client.list(kind);
  await Promise.all(
    items
      .filter((object) => !isBeingDeleted(object) && (controllerOf(object) !== undefined) === isOwned)
      .map(({ metadata }) =>
        client.delete(kind, metadata, {
          propagationPolicy: "Background",
          preconditions: { uid: metadata.uid },
        }),
      ),
  );
}

async function isEmpty(client: Client, kinds: readonly AnyKind[]): Promise<boolean> {
  for (const kind of kinds) {
    const { items } = await client.list(kind, { limit: 1 });
    if (items.length > 0) return false;
  }
  return true;
}

/** What goes may still say something. */
const eventsLast = (kinds: AnyKind[]): AnyKind[] =>
  kinds.toSorted((a, b) => Number(a.kind === Event.kind) - Number(b.kind === Event.kind));

const namespaceOf = ({ metadata }: { metadata: { namespace?: string } }): string => metadata.namespace ?? "";
