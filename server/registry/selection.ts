import type { Kind } from "../../apis/kind.ts";
import { nameIn, parseFieldSelector, parseLabelSelector } from "../../apis/selectors.ts";
import type { Store, Stored } from "../storage/index.ts";
import { keyOf, scopeOf } from "./subject.ts";
import { viewed } from "./view.ts";

/** What a list or a watch is about. */
export interface Selection {
  kind: Kind;
  /** Empty or absent: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export type Matcher = (state: Pick<Stored, "object">) => boolean;

/**
 * Undefined where everything matches: then no object need be parsed.
 *
 * @throws StatusError `BadRequest` for a selector that cannot be understood.
 */
export function matcherOf({ kind, labelSelector = "", fieldSelector = "" }: Selection): Matcher | undefined {
  if (labelSelector.trim() === "" && fieldSelector.trim() === "") return undefined;
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector, kind.selectableFields);
  return ({ object }) => labels(object.metadata.labels) && fields(object);
}

/** What may be selected, as of now. Who asks for one object, as `kubectl wait` does, need not look at all others. */
export function candidatesOf(store: Store, selection: Selection): Stored[] {
  const { kind, namespace = "", fieldSelector } = selection;
  const name = nameIn(fieldSelector);
  if (name === undefined || (kind.namespaced && namespace === "")) {
    return allViewed(kind, store.list(scopeOf(selection)));
  }
  const stored = store.get(keyOf({ kind, namespace, name }));
  return stored ? [viewed(kind, stored)] : [];
}

/** The states as their kind shows them. */
export const allViewed = (kind: Kind, states: Stored[]): Stored[] =>
  kind.view ? states.map((stored) => viewed(kind, stored)) : states;
