import { Event, Namespace, NAMESPACE_FINALIZER } from "../../apis/core/index.ts";
import type { AnyKind, Client } from "../../client/index.ts";
import {
  defineController,
  isBeingDeleted,
  type Controller,
  type Result,
  type ServedKinds,
} from "../runtime/index.ts";
import { conditionsOf } from "./conditions.ts";
import { deleteAll, readContent } from "./content.ts";

interface NamespaceOptions {
  /** Every kind that is served; those without namespaces are left alone. */
  kinds: ServedKinds;
}

/** An object whose end no informer told of is looked for anew after this long. */
const LOOK_AGAIN_MS = 2_000;

/** Empties a Namespace that is being deleted, and lets go of it when nothing is left in it. */
export const namespaceController = ({ kinds }: NamespaceOptions): Controller =>
  defineController({
    for: Namespace,
    watches: [kinds.onDelete(({ metadata }) => [{ namespace: "", name: metadata.namespace ?? "" }])],
    async reconcile({ name }, { client }) {
      const namespace = await client.get(Namespace, name);
      if (!namespace || !isBeingDeleted(namespace)) return undefined;
      if (!namespace.spec?.finalizers?.includes(NAMESPACE_FINALIZER)) return undefined;
      // As of now: a kind that came just before may have objects here too.
      const namespaced = (await kinds.read()).filter((kind) => kind.namespaced);
      return empty(client, namespace, eventsLast(namespaced));
    },
  });

async function empty(
  client: Client,
  namespace: Namespace,
  kinds: readonly AnyKind[],
): Promise<Result | void> {
  const within = client.in(namespace.metadata.name);
  const failures = await deleteAll(within, await readContent(within, kinds));
  const remaining = await readContent(within, kinds);
  if (remaining.length > 0) {
    await client.updateStatus(Namespace, namespace, (status) => {
      status.conditions = conditionsOf(status.conditions, remaining, failures);
    });
    if (failures.length > 0) throw failures[0];
    return { requeueAfterMs: LOOK_AGAIN_MS };
  }
  await client.finalize(Namespace, namespace, NAMESPACE_FINALIZER);
}

/** What goes may still say something. */
const eventsLast = (kinds: AnyKind[]): AnyKind[] =>
  kinds.toSorted((a, b) => Number(a.kind === Event.kind) - Number(b.kind === Event.kind));
