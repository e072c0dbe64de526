import type { OwnerReference } from "../../apis/meta.ts";
import { versionOf, type AnyKind, type AnyObject } from "../../client/index.ts";
import { groupOf } from "../runtime/index.ts";

/** So many are remembered. Mostly an owner is asked for just after it went, by all that belonged to it. */
const REMEMBERED = 10_000;

/**
 * Owners of which the server has said that they are gone.
 *
 * A uid comes only once, so who went stays away, also when nobody can ask any more because the kind went too. The name
 * is part of it: a reference by a wrong name says nothing about one by the right name.
 */
export class AbsentOwners {
  readonly #keys = new Set<string>();

  add(reference: OwnerReference, namespace: string): void {
    this.#keys.add(keyOf(reference, namespace));
    const [oldest] = this.#keys;
    if (this.#keys.size > REMEMBERED) this.#keys.delete(oldest!);
  }

  /** Also for a dependent in a namespace whose owner is in none. */
  has(reference: OwnerReference, namespace: string): boolean {
    return this.#keys.has(keyOf(reference, namespace)) || this.#keys.has(keyOf(reference, ""));
  }

  /** It is back, as when the store was restored. */
  delete(reference: OwnerReference, namespace: string): void {
    this.#keys.delete(keyOf(reference, namespace));
  }
}

/** How others would refer to an object. */
export const referenceOf = (kind: AnyKind, { metadata: { name, uid = "" } }: AnyObject): OwnerReference => ({
  apiVersion: versionOf(kind),
  kind: kind.kind,
  name,
  uid,
});

const keyOf = ({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): string =>
  [groupOf(apiVersion), kind, namespace, name, uid].join("/");
