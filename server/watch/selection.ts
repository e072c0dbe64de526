import type { KubeObject } from "../../apis/meta.ts";
import { candidatesOf, type Matcher, matcherOf, type Selection } from "../registry/selection.ts";
import { identityOf, scopeOf } from "../registry/subject.ts";
import { viewedEvent } from "../registry/view.ts";
import type { Scope, Store, Stored, StoreEvent } from "../storage/index.ts";

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
  const matches = matcherOf(selection);
  const initial = (store: Store) => candidatesOf(store, selection);
  return {
    id: JSON.stringify([...pathOf(kind), identityOf(kind), namespace, labelSelector, fieldSelector]),
    scope: scopeOf(selection),
    initial: matches ? (store) => initial(store).filter(matches) : initial,
    changeOf: matches
      ? (event) => translate(viewedEvent(kind, event), matches)
      : (event) => viewedEvent(kind, event),
  };
}

const pathOf = ({ group, version, plural }: Selection["kind"]) => [group, version, plural];

function translate(event: StoreEvent, matches: Matcher): Change | undefined {
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
