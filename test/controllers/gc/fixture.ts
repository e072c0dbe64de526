import { ConfigMap } from "../../../apis/core/index.ts";
import { ALL_KINDS } from "../../../apis/index.ts";
import type { OwnerReference } from "../../../apis/meta.ts";
import type { AnyKind, AnyObject, Client, Name } from "../../../client/index.ts";
import { customResourceController } from "../../../controllers/customresources/index.ts";
import { GarbageCollector } from "../../../controllers/gc/index.ts";
import { type Manager, ServedKinds } from "../../../controllers/runtime/index.ts";
import { test as base } from "../runtime/fixture.ts";

interface Fixtures {
  /** What the collector told of, as `Warning Reason name`. */
  told: string[];
  /** With a collector that waits for `start`. */
  idle: Manager;
  /** A collector that runs. */
  collected: Manager;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  told: ({}, use) => use([]),
  idle: async ({ manager, told, registry: _ }, use) => {
    const kinds = new ServedKinds(ALL_KINDS);
    const recorder = {
      event: ({ metadata }: AnyObject, type: string, reason: string) =>
        void told.push(`${type} ${reason} ${metadata.name}`),
    };
    manager.add(kinds).add(customResourceController({ kinds }));
    await use(manager.add(new GarbageCollector({ kinds, recorder })));
  },
  collected: async ({ idle }, use) => {
    await idle.start();
    await use(idle);
  },
});

/** A reference to an owner. */
export const to = ({ apiVersion, kind, metadata }: AnyObject, block = true): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid!,
  blockOwnerDeletion: block,
});

export const config = (client: Client, name: string, ...ownerReferences: OwnerReference[]) =>
  client.createObject(ConfigMap, { metadata: { name, ownerReferences } });

export const gone = (client: Client, name: Name, kind: AnyKind = ConfigMap) =>
  client.waitFor(kind, name, (object) => !object);

export const exists = async (client: Client, name: Name, kind: AnyKind = ConfigMap) =>
  (await client.get(kind, name)) !== undefined;

export const ownersOf = async (client: Client, name: Name, kind: AnyKind = ConfigMap) =>
  ((await client.get(kind, name))?.metadata.ownerReferences ?? []).map(({ name }) => name);
