import type { KubeObject, OwnerReference } from "../../apis/meta.ts";
import type { DeleteOptions } from "../../apis/transport.ts";
import type { AnyObject, Client } from "../../client/index.ts";
import { hasFinalizer, isBeingDeleted, removeFinalizer } from "../runtime/index.ts";
import {
  FOREGROUND_FINALIZER,
  isDeletingDependents,
  isOrphaning,
  ORPHAN_FINALIZER,
  referenceTo,
  type Dependent,
  type Node,
  type Owners,
} from "./owners.ts";

interface DisposalOptions {
  client: Client;
  owners: Owners;
  /** Has another object looked at. */
  wake: (node: Node) => void;
}

/** Nothing can be known of an owner, because its kind is not served: neither that it is there nor that it is gone. */
export class UnresolvedOwner extends Error {}

/** Decides about one object, by the rules of Kubernetes' garbage collector. */
export class Disposal {
  readonly #client: Client;
  readonly #owners: Owners;
  readonly #wake: (node: Node) => void;

  constructor({ client, owners, wake }: DisposalOptions) {
    this.#client = client;
    this.#owners = owners;
    this.#wake = wake;
  }

  /** @throws {@link UnresolvedOwner} if it must be left as it is for now. */
  async decide(node: Node): Promise<void> {
    const object = await this.#client.get(node.kind, node);
    if (!object) return;
    const dependent = { ...node, object };
    if (isOrphaning(object)) return this.#orphan(dependent);
    if (isDeletingDependents(object)) return this.#deleteDependents(dependent);
    if (!isBeingDeleted(object)) return this.#judge(dependent);
  }

  /** Its dependents live on, and forget it. */
  async #orphan({ kind, object }: Dependent): Promise<void> {
    const uid = object.metadata.uid ?? "";
    for (const dependent of await this.#owners.readDependentsOf(object)) {
      await this.#dropReferences(dependent, (reference) => reference.uid !== uid);
    }
    await removeFinalizer(this.#client, { kind, object, finalizer: ORPHAN_FINALIZER });
  }

  /** Its dependents go; it follows when none is left that it must wait for. */
  async #deleteDependents({ kind, object }: Dependent): Promise<void> {
    const isBlocking = (dependent: Dependent) =>
      referenceTo(dependent.object, object.metadata.uid ?? "")?.blockOwnerDeletion === true;
    const known = this.#owners.dependentsOf(object);
    // The server has the last word on who is left, but need not be asked while somebody obviously is.
    const present = known.some(isBlocking) ? known : await this.#owners.readDependentsOf(object);
    for (const dependent of present) {
      if (!isBeingDeleted(dependent.object)) this.#wake(dependent);
    }
    if (present.some(isBlocking)) return;
    await removeFinalizer(this.#client, { kind, object, finalizer: FOREGROUND_FINALIZER });
  }

  /** It stays as long as one owner lives that does not take its dependents along. */
  async #judge(dependent: Dependent): Promise<void> {
    const { object } = dependent;
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const states = await Promise.all(
      references.map((reference) => this.#owners.stateOf(reference, dependent)),
    );
    if (states.includes("unknown")) throw new UnresolvedOwner();
    const keeps = references.filter((_, i) => states[i] === "present");
    if (keeps.length === references.length) return;
    if (keeps.length > 0) return this.#dropReferences(dependent, (reference) => keeps.includes(reference));
    if (states.includes("deletingDependents")) return this.#deleteForOwner(dependent);
    return this.#delete(dependent, policyOf(object));
  }

  /** An owner waits for it. It waits for its own dependents in turn, lest they outlive that owner. */
  async #deleteForOwner(dependent: Dependent): Promise<void> {
    const own = this.#owners.dependentsOf(dependent.object);
    if (own.length === 0) return this.#delete(dependent, policyOf(dependent.object));
    const isCircle = own.some(({ object }) => isDeletingDependents(object));
    const object = isCircle ? await this.#unblock(dependent) : dependent.object;
    return this.#delete({ ...dependent, object }, "Foreground");
  }

  /** In a circle of owners everyone would wait for the other. */
  #unblock(dependent: Dependent): Promise<AnyObject> {
    const references = dependent.object.metadata.ownerReferences ?? [];
    const unblocked = references.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
    return this.#setReferences(dependent, unblocked);
  }

  /** Fails with Conflict if it has changed since it was judged: then it is judged again. */
  async #delete(
    { kind, object }: Dependent,
    propagationPolicy: DeleteOptions["propagationPolicy"],
  ): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    const preconditions = { uid, resourceVersion };
    await this.#client.delete(kind, object.metadata, { propagationPolicy, preconditions });
  }

  async #dropReferences(dependent: Dependent, isKept: (reference: OwnerReference) => boolean): Promise<void> {
    const references = dependent.object.metadata.ownerReferences ?? [];
    await this.#setReferences(dependent, references.filter(isKept));
  }

  /** Fails with Conflict if it is no longer as it was read. Only its metadata need have been. */
  #setReferences({ kind, object }: Dependent, references: readonly OwnerReference[]): Promise<AnyObject> {
    const { uid, resourceVersion } = object.metadata;
    const ownerReferences = references.length > 0 ? references : null;
    return this.#client.patch(kind, object.metadata, { metadata: { uid, resourceVersion, ownerReferences } });
  }
}

/** What was asked for when it was made, by its finalizers. */
function policyOf(object: KubeObject): DeleteOptions["propagationPolicy"] {
  if (hasFinalizer(object, ORPHAN_FINALIZER)) return "Orphan";
  if (hasFinalizer(object, FOREGROUND_FINALIZER)) return "Foreground";
  return "Background";
}
