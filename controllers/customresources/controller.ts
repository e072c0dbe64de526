import {
  CUSTOM_RESOURCE_CLEANUP_FINALIZER,
  CustomResourceDefinition,
  isTrue,
  kindsOf,
} from "../../apis/apiextensions/index.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { AnyKind, Client } from "../../client/index.ts";
import {
  defineController,
  hasFinalizer,
  isBeingDeleted,
  removeFinalizer,
  type Controller,
  type Result,
  type ServedKinds,
} from "../runtime/index.ts";
import { setTerminating } from "./condition.ts";

interface CustomResourceOptions {
  kinds: ServedKinds;
}

/** An object whose end no informer told of is looked for anew after this long. */
const LOOK_AGAIN_MS = 2_000;

/** Deletes the objects of a definition that is being deleted, and lets go of it when none is left. */
export const customResourceController = ({ kinds }: CustomResourceOptions): Controller =>
  defineController({
    name: "customresources",
    for: CustomResourceDefinition,
    watches: [
      kinds.onDelete((_, { group, plural }) => [
        { namespace: "", name: group ? `${plural}.${group}` : plural },
      ]),
    ],
    async reconcile({ name }, { client }) {
      const definition = await client.get(CustomResourceDefinition, name);
      if (!definition || !isBeingDeleted(definition)) return undefined;
      if (!hasFinalizer(definition, CUSTOM_RESOURCE_CLEANUP_FINALIZER)) return undefined;
      return isTrue(definition, "Established") ? empty(client, definition) : letGo(client, definition, NEVER);
    },
  });

const NEVER = {
  status: "False",
  reason: "NeverEstablished",
  message: "resource was never established",
} as const;

/** No objects are taken any more from the moment that it says so, so that what is deleted then is all there is. */
async function empty(client: Client, definition: CustomResourceDefinition): Promise<Result | undefined> {
  const [kind] = kindsOf(definition);
  if (!kind) return unreachable(client, definition);
  const before = await client.listMetadata(kind, { allNamespaces: true });
  const marked = await setTerminating(client, definition, inProgress(before.items));
  await deleteAll(client, kind);
  const { items } = await client.listMetadata(kind, { allNamespaces: true });
  if (items.length === 0) return letGo(client, marked, COMPLETED);
  await setTerminating(client, marked, inProgress(items));
  return { requeueAfterMs: LOOK_AGAIN_MS };
}

const COMPLETED = {
  status: "False",
  reason: "InstanceDeletionCompleted",
  message: "removed all instances",
} as const;

const inProgress = (items: readonly Pick<KubeObject, "metadata">[]) => ({
  status: "True" as const,
  reason: "InstanceDeletionInProgress",
  message: `CustomResource deletion is in progress${remaining(items)}`,
});

/** For whom it takes long: what it waits for. */
function remaining(items: readonly Pick<KubeObject, "metadata">[]): string {
  const finalizers = items.flatMap(({ metadata }) => metadata.finalizers ?? []);
  if (finalizers.length === 0) return "";
  const names = [...new Set(finalizers)].toSorted().join(", ");
  return `: ${items.length} instances remain, held by the finalizers ${names}`;
}

/** Its objects are in the store, but through no version can they be reached. */
async function unreachable(client: Client, definition: CustomResourceDefinition): Promise<undefined> {
  const message = "could not list instances: no version is served; serve one, so that they can be deleted";
  await setTerminating(client, definition, { status: "True", reason: "InstanceDeletionFailed", message });
}

/** Those that a finalizer holds are only asked once. */
async function deleteAll(client: Client, kind: AnyKind): Promise<void> {
  const { items } = await client.listMetadata(kind, { allNamespaces: true });
  const alive = items.filter((object) => !isBeingDeleted(object));
  const namespaces = new Set(alive.map(({ metadata }) => metadata.namespace ?? ""));
  await Promise.all([...namespaces].map((namespace) => client.deleteCollection(kind, { namespace })));
}

type Reason = Parameters<typeof setTerminating>[2];

async function letGo(client: Client, definition: CustomResourceDefinition, why: Reason): Promise<undefined> {
  const object = await setTerminating(client, definition, why);
  const finalizer = CUSTOM_RESOURCE_CLEANUP_FINALIZER;
  await removeFinalizer(client, { kind: CustomResourceDefinition, object, finalizer });
}
