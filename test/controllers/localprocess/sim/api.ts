import { produce } from "immer";
import { isDeepStrictEqual } from "node:util";
import { StatusError, notFound } from "../../../../apis/errors.ts";
import type { KubeObject } from "../../../../apis/meta.ts";
import type { Transport } from "../../../../apis/transport.ts";
import type { SimKernel } from "./kernel.ts";

/** A server of one object, as strict about revisions, generations and finalizers as Kubernetes. */
export class SimApi {
  object: KubeObject | undefined;
  onChange: () => void = () => undefined;
  readonly #kernel: SimKernel;
  #revision = 0;
  #uid = 0;

  constructor(kernel: SimKernel) {
    this.#kernel = kernel;
  }

  create(spec: object): void {
    const metadata = { name: "web", namespace: "default", uid: `uid-${this.#uid++}`, generation: 1 };
    this.#store({ apiVersion: "tiltish.dev/v1alpha1", kind: "LocalProcess", metadata, spec });
  }

  /** What people do. */
  edit(mutate: (draft: KubeObject) => void): void {
    if (!this.object) return;
    const next = produce(this.object, (draft) => {
      mutate(draft);
    });
    this.#store(next);
  }

  delete(): void {
    const { object } = this;
    if (!object) return;
    if (!object.metadata.finalizers?.length) return this.#forget();
    this.edit(({ metadata }) => (metadata.deletionTimestamp ??= new Date(Date.now()).toISOString()));
  }

  get transport(): Transport {
    return {
      get: async () => this.#read(),
      list: async () => ({ items: this.object ? [this.object] : [] }),
      update: async (ref: { subresource?: string }, next: KubeObject) => {
        this.#kernel.onCall();
        if (this.#kernel.isServerDead) return new Promise<never>(() => undefined); // never answered
        return this.#update(next, ref.subresource === "status");
      },
    } as unknown as Transport;
  }

  #update(next: KubeObject, isStatus: boolean): KubeObject {
    const present = this.#read();
    if (next.metadata.resourceVersion !== present.metadata.resourceVersion)
      throw new StatusError(409, "Conflict", "it has changed");
    this.#store(
      isStatus
        ? produce(present, (draft) => void (draft["status"] = next["status"]))
        : produce(present, (draft) => void (draft.metadata.finalizers = next.metadata.finalizers)),
    );
    const isGone = this.object?.metadata.deletionTimestamp && !this.object.metadata.finalizers?.length;
    if (isGone) this.#forget();
    return this.object ?? next;
  }

  #read(): KubeObject {
    if (!this.object) throw notFound({ group: "tiltish.dev", plural: "localprocesses", name: "web" });
    return this.object;
  }

  #store(next: KubeObject): void {
    const isNewSpec = this.object && !isDeepStrictEqual(this.object["spec"], next["spec"]);
    this.object = produce(next, ({ metadata }) => {
      metadata.resourceVersion = String(++this.#revision);
      if (isNewSpec) metadata.generation = (metadata.generation ?? 1) + 1;
    });
    this.onChange();
  }

  #forget(): void {
    this.object = undefined;
    this.onChange();
  }
}
