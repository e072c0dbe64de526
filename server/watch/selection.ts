import type { Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { nameIn, parseFieldSelector, parseLabelSelector } from "../../apis/selectors.ts";
import type { Scope, Store, Stored, StoreEvent } from "../storage/index.ts";

/** What a watcher wants to see. */
export interface Selection {
  kind: Kind;
  /** Empty or absent: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

/** A state of an object as a watcher is told of it. */
type State = Pick<Stored, "object" | "bytes">;

/** One event as a watcher sees it. An event of the store is one that needs no translation. */
export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  readonly stored: State;
}

/** A selection, ready to be asked. */
export interface Selector {
  /** The same for selections that select the same. */
  readonly id: string;
  readonly scope: Scope;
  /** The objects that are selected now. */
  initial(store: Store): Stored[];
  /** What the event is to a watcher (rule 88); undefined if it is nothing to it. */
  changeOf(event: StoreEvent): Change | undefined;
}

/** @throws StatusError `BadRequest` for a selector that cannot be understood. */
export function selectorOf(selection: Selection): Selector {
  const { kind, namespace = "", labelSelector = "", fieldSelector = "" } = selection;
  const scope: Scope = { group: kind.group, plural: kind.plural, ...(namespace && { namespace }) };
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector, kind.selectableFields);
  const selectsAll = labelSelector.trim() === "" && fieldSelector.trim() === "";
  const matches = ({ object }: State) => labels(object.metadata.labels) && fields(object);
  return {
    id: JSON.stringify([kind.group, kind.version, kind.plural, namespace, labelSelector, fieldSelector]),
    scope,
    initial: (store) =>
      selectsAll ? store.list(scope) : candidates(store, selection, scope).filter(matches),
    changeOf: selectsAll ? (event) => event : (event) => translate(event, matches),
  };
}

/** A watch of one object, as `kubectl wait` has it, need not look at all others. */
function candidates(store: Store, { kind, namespace, fieldSelector }: Selection, scope: Scope): Stored[] {
  const name = nameIn(fieldSelector);
  if (name === undefined || (kind.namespaced && !namespace)) return store.list(scope);
  const { group, plural } = kind;
  const stored = store.get({ group, plural, namespace: kind.namespaced ? namespace! : "", name });
  return stored ? [stored] : [];
}

function translate(event: StoreEvent, matches: (state: State) => boolean): Change | undefined {
  const { type, stored, previous } = event;
  const isIn = matches(stored);
  if (type === "ADDED") return isIn ? event : undefined;
  const wasIn = previous === undefined ? isIn : matches(previous);
  if (type === "DELETED") return wasIn ? event : undefined;
  if (isIn && wasIn) return event;
  if (isIn) return { type: "ADDED", revision: event.revision, stored };
  return wasIn ? leaving(event) : undefined;
}

/** The object as it last matched, with the revision of the write that took it out. */
function leaving({ revision, previous }: StoreEvent): Change {
  const { object: old } = previous!;
  const object: KubeObject = { ...old, metadata: { ...old.metadata, resourceVersion: String(revision) } };
  return {
    type: "DELETED",
    revision,
    stored: { object, bytes: Buffer.from(JSON.stringify(object), "utf8") },
  };
}
