import { isReason } from "../../apis/errors.ts";
import type { KubeObject, NamespacedName, OwnerReference } from "../../apis/meta.ts";
import { nameOf, type AnyKind, type AnyObject, type Client } from "../../client/index.ts";
import { AbsentOwners, referenceOf } from "./absent.ts";
import { hasFinalizer, isBeingDeleted, type Recorder, type ServedKinds } from "../runtime/index.ts";

/** Set by the server on an object that is deleted with this policy; taken away by the collector. */
export const FOREGROUND_FINALIZER = "foregroundDeletion";
export const ORPHAN_FINALIZER = "orphan";

/** One object, by kind and name. */
export interface Node extends NamespacedName {
  kind: AnyKind;
}

/** An object of the API, together with its kind. */
export interface Dependent extends Node {
  object: AnyObject;
}

export type OwnerState = "present" | "deletingDependents" | "absent" | "unknown";

export const isDeletingDependents = (object: Pick<KubeObject, "metadata">): boolean =>
  isBeingDeleted(object) && hasFinalizer(object, FOREGROUND_FINALIZER);

export const isOrphaning = (object: Pick<KubeObject, "metadata">): boolean =>
  isBeingDeleted(object) && hasFinalizer(object, ORPHAN_FINALIZER);

interface OwnersOptions {
  client: Client;
  kinds: ServedKinds;
  recorder: Recorder;
}

/** Who belongs to whom. Identity is the uid: a name may have been taken by another one since. */
export class Owners {
  readonly #client: Client;
  readonly #kinds: ServedKinds;
  readonly #recorder: Recorder;
  readonly #absent = new AbsentOwners();

  constructor({ client, kinds, recorder }: OwnersOptions) {
    this.#client = client;
    this.#kinds = kinds;
    this.#recorder = recorder;
  }

  /** Told of every object that is there. */
  arrived(kind: AnyKind, object: AnyObject): void {
    this.#absent.delete(referenceOf(kind, object), object.metadata.namespace ?? "");
  }

  /** Told of every object that the server says is gone. */
  departed(kind: AnyKind, object: AnyObject): void {
    this.#absent.add(referenceOf(kind, object), object.metadata.namespace ?? "");
  }

  /** The owners that `object` names, as far as they could exist. */
  ownersOf(object: AnyObject): Node[] {
    return (object.metadata.ownerReferences ?? []).flatMap((reference) => {
      const kind = this.#kinds.find(reference);
      return kind ? [nodeOf(kind, reference, object)] : [];
    });
  }

  /** The dependents of `owner` as the informers know them. */
  dependentsOf({ metadata: { uid } }: AnyObject): Dependent[] {
    if (!uid) return [];
    return this.#kinds
      .stored()
      .filter(mayBelong)
      .flatMap((kind) => {
        const objects = this.#kinds.informer(kind)?.by("owner", uid) ?? [];
        return objects.map((object) => ({ kind, ...nameOf(object), object }));
      });
  }

  /** The dependents of `owner` as the server knows them, also those of a kind that has only just come. */
  async readDependentsOf({ metadata }: AnyObject): Promise<Dependent[]> {
    const { uid, namespace } = metadata;
    const where = namespace ? { namespace } : { allNamespaces: true };
    const kinds = (await this.#kinds.read()).filter(
      (kind) => mayBelong(kind) && (!namespace || kind.namespaced),
    );
    const lists = await Promise.all(
      kinds.map(async (kind) => {
        const { items } = await this.#client.listMetadata(kind, where);
        const owned = items.filter((object) => uid && referenceTo(object, uid));
        return owned.map((object) => ({ kind, ...nameOf(object), object }));
      }),
    );
    return lists.flat();
  }

  /** What has become of an owner. That it is absent is only said when the server says so. */
  async stateOf(reference: OwnerReference, dependent: Dependent): Promise<OwnerState> {
    if (this.#absent.has(reference, dependent.namespace)) return "absent";
    const kind = this.#kinds.find(reference);
    if (!kind) return "unknown";
    if (kind.namespaced && !dependent.kind.namespaced) return this.#outOfReach(reference, dependent);
    const node = nodeOf(kind, reference, dependent.object);
    const owner = this.#known(node, reference) ?? (await this.#read(node));
    if (owner === "unknown") return owner;
    if (owner?.metadata.uid === reference.uid)
      return isDeletingDependents(owner) ? "deletingDependents" : "present";
    if (this.#isElsewhere(kind, reference)) return this.#outOfReach(reference, dependent);
    this.#absent.add(reference, node.namespace);
    return "absent";
  }

  /** As the informer has it, if it is the one that is meant. */
  #known(node: Node, { uid }: OwnerReference): AnyObject | undefined {
    const cached = this.#kinds.informer(node.kind)?.get(node);
    return cached?.metadata.uid === uid ? cached : undefined;
  }

  #isElsewhere(kind: AnyKind, { uid }: OwnerReference): boolean {
    const objects = this.#kinds.informer(kind)?.list() ?? [];
    return objects.some(({ metadata }) => metadata.uid === uid);
  }

  /**
   * The object as the server knows it. It is asked for by a list, which unlike a get tells an object that is not there
   * from a kind that is not served, and of which nothing can be known.
   */
  async #read({ kind, namespace, name }: Node): Promise<AnyObject | "unknown" | undefined> {
    const where = kind.namespaced ? { namespace } : {};
    const fieldSelector = `metadata.name=${name.replace(/[\\,=]/g, "\\$&")}`;
    try {
      const { items } = await this.#client.listMetadata(kind, { ...where, fieldSelector });
      return items[0];
    } catch (error) {
      if (isReason(error, "NotFound")) return "unknown";
      throw error;
    }
  }

  /** Owners are looked for where their dependent is, and nowhere else. Who thought otherwise should know. */
  #outOfReach({ apiVersion, kind, name, uid }: OwnerReference, { object }: Dependent): OwnerState {
    const { namespace = "" } = object.metadata;
    const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
    const message = `ownerRef ${owner} does not exist in namespace "${namespace}"`;
    this.#recorder.event(object, "Warning", "OwnerRefInvalidNamespace", message);
    return "absent";
  }
}

/** As in Kubernetes, an Event neither owns nor belongs to anything: it expires. */
export const mayBelong = ({ group, plural }: AnyKind): boolean => !(group === "" && plural === "events");

export const referenceTo = (
  { metadata }: Pick<KubeObject, "metadata">,
  uid: string,
): OwnerReference | undefined => metadata.ownerReferences?.find((reference) => reference.uid === uid);

const nodeOf = (
  kind: AnyKind,
  { name }: OwnerReference,
  { metadata }: Pick<KubeObject, "metadata">,
): Node => ({
  kind,
  namespace: kind.namespaced ? (metadata.namespace ?? "") : "",
  name,
});
