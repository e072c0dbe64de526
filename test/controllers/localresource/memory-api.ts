import { conflict, notFound } from "../../../apis/errors.ts";
import { ALL_KINDS } from "../../../apis/index.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import type { ObjectRef, ResourceRef, Transport } from "../../../apis/transport.ts";
import { patchOf } from "../../../server/registry/index.ts";

const unused = (): never => {
  throw new Error("the model does not ask for this");
};

/** The API as far as a controller asks for it, in memory and at once: thousands of histories are tried on it. */
export class MemoryApi {
  readonly objects = new Map<string, KubeObject>();
  revision = 0;

  readonly transport: Transport = {
    get: async (ref) => this.#found(ref),
    list: async (resource) => ({
      apiVersion: "v1",
      kind: "List",
      metadata: { resourceVersion: String(this.revision) },
      items: [...this.objects]
        .filter(([key]) => key.startsWith(`${resource.plural}/`))
        .map(([, object]) => object),
    }),
    create: async (ref, object) => {
      const name = { ...ref, name: object.metadata.name };
      const uid = `${ref.plural}-${object.metadata.name}-${this.revision}`;
      const metadata = { ...object.metadata, uid, generation: 1, creationTimestamp: "2026-01-01T00:00:00Z" };
      return this.#put(name, { ...object, metadata });
    },
    update: async (ref, object) => {
      const current = this.#found(ref);
      if (object.metadata.resourceVersion !== current.metadata.resourceVersion) throw conflict(ref);
      return this.#put(ref, { ...current, status: object["status"] });
    },
    patch: async (ref, patch) => {
      const current = this.#found(ref);
      const kind = ALL_KINDS.find(({ plural, group }) => plural === ref.plural && group === ref.group)!;
      const next = patchOf(kind, patch)(current) as KubeObject;
      const isChanged = JSON.stringify(next["spec"]) !== JSON.stringify(current["spec"]);
      const generation = current.metadata.generation! + (isChanged ? 1 : 0);
      return this.#put(ref, { ...next, metadata: { ...next.metadata, generation } });
    },
    delete: async (ref) => {
      const object = this.#found(ref);
      this.objects.delete(keyOf(ref));
      this.revision++;
      return object;
    },
    // oxlint-disable-next-line eslint/require-yield -- nothing is written in a model
    log: async function* () {},
    deleteCollection: unused,
    watch: unused,
  };

  /** As somebody outside of the controller writes it. */
  setStatus(plural: string, name: string, status: object): void {
    const ref = { group: "tiltish.dev", version: "v1alpha1", plural, namespace: "default", name };
    this.#put(ref, { ...this.#found(ref), status });
  }

  peek(plural: string, name: string): KubeObject | undefined {
    return this.objects.get(`${plural}/${name}`);
  }

  #found(ref: ObjectRef): KubeObject {
    const object = this.objects.get(keyOf(ref));
    if (!object) throw notFound(ref);
    return object;
  }

  #put(ref: Pick<ObjectRef, "plural" | "name">, object: KubeObject): KubeObject {
    const resourceVersion = String(++this.revision);
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion } };
    this.objects.set(keyOf(ref), stored);
    return stored;
  }
}

const keyOf = ({ plural, name }: Pick<ResourceRef, "plural"> & { name: string }): string =>
  `${plural}/${name}`;
