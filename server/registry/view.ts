import { qualified, StatusError } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import {
  type Change,
  type Decide,
  freeze,
  type ObjectKey,
  type Stored,
  type StoreEvent,
} from "../storage/index.ts";

/** A stored state as another kind shows it. Made when first asked for: lists often only count. */
class ViewedState implements Stored {
  readonly revision: number;
  readonly key: ObjectKey;
  readonly object: KubeObject;
  #bytes: Buffer | undefined;

  constructor({ revision, key }: Stored, object: KubeObject) {
    this.revision = revision;
    this.key = key;
    this.object = freeze(object);
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(JSON.stringify(this.object), "utf8");
    return this.#bytes;
  }
}

const states = new WeakMap<Kind, WeakMap<Stored, Stored>>();

/** A stored state as its kind shows it; the same for everyone who asks, so that it is made and serialised once. */
export function viewed(kind: Kind, stored: Stored): Stored {
  if (!kind.view || stored.revision > (kind.view.since ?? Infinity)) return stored;
  if (kind.view.isVolatile) return viewOf(kind.view, stored);
  const known = states.get(kind) ?? new WeakMap<Stored, Stored>();
  states.set(kind, known);
  let state = known.get(stored);
  if (!state) known.set(stored, (state = viewOf(kind.view, stored)));
  return state;
}

function viewOf(view: NonNullable<Kind["view"]>, stored: Stored): Stored {
  const object = view.read(stored.object);
  return object === stored.object ? stored : new ViewedState(stored, object);
}

/** The same for an event. */
export function viewedEvent(kind: Kind, event: StoreEvent): StoreEvent {
  if (!kind.view) return event;
  const stored = viewed(kind, event.stored);
  const previous = event.previous && viewed(kind, event.previous);
  if (stored === event.stored && previous === event.previous) return event;
  return { ...event, stored, ...(previous && { previous }) };
}

/** What whoever would write objects that can only be read is told. */
export function readOnly(kind: Kind): StatusError {
  const shown = kind.view ? `: they show ${qualified(kind.view.of)}, so change those instead` : "";
  return new StatusError(405, "MethodNotAllowed", `${qualified(kind)} can only be read${shown}`);
}

/** A decision about what a kind shows, as one about what is stored. */
export function decisionOn({ view }: Kind, decide: Decide): Decide {
  if (!view) return decide;
  return (stored, peek) => {
    const change = decide(stored && shownObject(view, stored), peek);
    return change === "unchanged" ? change : storedChange(view, change, stored);
  };
}

const shownObject = (view: NonNullable<Kind["view"]>, stored: KubeObject): KubeObject =>
  Number(stored.metadata.resourceVersion) > (view.since ?? Infinity) ? stored : view.read(stored);

function storedChange(
  view: NonNullable<Kind["view"]>,
  change: Exclude<Change, "unchanged">,
  stored: KubeObject | undefined,
): Change {
  const write = (object: KubeObject) => view.write?.(object, stored) ?? object;
  return "put" in change ? { put: write(change.put) } : { remove: write(change.remove) };
}
