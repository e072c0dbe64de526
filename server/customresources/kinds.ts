import {
  type CustomResourceDefinition,
  CustomResourceDefinition as Definition,
  isTrue,
  kindsOf,
} from "../../apis/apiextensions/index.ts";
import type { Kind } from "../../apis/kind.ts";
import { Lifetime } from "../registry/lifetime.ts";
import type { Kinds } from "../registry/types.ts";
import type { Store, StoreEvent } from "../storage/index.ts";
import { keepNamesSettled } from "./names.ts";
import { shownKind } from "./shown.ts";
import { isEqual } from "./structural/index.ts";

/** One definition, and the kinds that it has served. */
interface Defined {
  readonly definition: CustomResourceDefinition;
  readonly kinds: readonly Kind[];
  readonly lifetime: Lifetime;
}

/**
 * The kinds of a fixed list, and those of the CustomResourceDefinitions in the store.
 *
 * Listeners of the store run in the commit, so a definition is served before its writer has the answer.
 */
export class CustomKinds implements Kinds {
  readonly #store: Store;
  readonly #fixed: readonly Kind[];
  readonly #defined = new Map<string, Defined>();
  readonly #lifetimes = new WeakMap<Kind, Lifetime>();
  #all: readonly Kind[] | undefined;
  #byPath = new Map<string, Kind>();

  constructor(store: Store, fixed: readonly Kind[]) {
    this.#store = store;
    this.#fixed = fixed;
    store.subscribe(Definition, (events) => this.#take(events));
    for (const { object } of store.list(Definition)) this.#set(object as unknown as CustomResourceDefinition);
    keepNamesSettled(store);
  }

  find(group: string, version: string, plural: string): Kind | undefined {
    this.all();
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  all(): readonly Kind[] {
    this.#all ??= this.#collect();
    return this.#all;
  }

  lifetimeOf(kind: Kind): Lifetime | undefined {
    return this.#lifetimes.get(kind);
  }

  /** Fixed kinds come first, and cannot be replaced. */
  #collect(): readonly Kind[] {
    const kinds = [...this.#fixed, ...[...this.#defined.values()].flatMap((defined) => defined.kinds)];
    this.#byPath = new Map(kinds.toReversed().map((kind) => [pathOf(kind), kind]));
    return [...this.#byPath.values()].toReversed();
  }

  #take(events: readonly StoreEvent[]): void {
    for (const { type, revision, stored } of events) {
      if (type === "DELETED") this.#delete(stored.key.name, revision);
      else this.#set(stored.object as unknown as CustomResourceDefinition);
    }
  }

  #set(definition: CustomResourceDefinition): void {
    const { name, resourceVersion } = definition.metadata;
    const known = this.#defined.get(name);
    // A kind keeps its identity while nothing changes that it shows: caches elsewhere are keyed by it.
    if (known && essenceOf(known.definition) === essenceOf(definition))
      return void this.#defined.set(name, { ...known, definition });
    const goesOn = known && looksTheSame(known.definition, definition);
    const lifetime = goesOn ? known.lifetime : new Lifetime(Number(resourceVersion));
    const kinds = this.#shownKinds(definition, lifetime);
    for (const kind of kinds) this.#lifetimes.set(kind, lifetime);
    this.#defined.set(name, { definition, kinds, lifetime });
    this.#all = undefined;
    if (!goesOn) known?.lifetime.endAt(lifetime.since);
  }

  #shownKinds(definition: CustomResourceDefinition, { since }: Lifetime): readonly Kind[] {
    const { group, names } = definition.spec;
    const states = this.#store.list({ group, plural: names.plural });
    const hasOlder = states.some(({ revision }) => revision <= since);
    return kindsOf(definition).map((kind) => shownKind(kind, definition, { since, hasOlder }));
  }

  #delete(name: string, revision: number): void {
    const known = this.#defined.get(name);
    if (!known) return;
    this.#defined.delete(name);
    this.#all = undefined;
    known.lifetime.endAt(revision);
  }
}

const pathOf = ({ group, version, plural }: Kind): string => `${group}/${version}/${plural}`;

/** All that the kinds of a definition depend on. Its generation stands for its spec. */
function essenceOf(definition: CustomResourceDefinition): string {
  const { metadata, status } = definition;
  return JSON.stringify([
    metadata.uid,
    metadata.generation,
    status?.acceptedNames,
    status?.storedVersions,
    isTrue(definition, "Established"),
    isTrue(definition, "Terminating"),
  ]);
}

/**
 * Whether objects look the same under both. That a definition is being deleted is no change of that: who watches
 * sees its objects go.
 */
function looksTheSame(a: CustomResourceDefinition, b: CustomResourceDefinition): boolean {
  if (a.metadata.uid !== b.metadata.uid || isTrue(a, "Established") !== isTrue(b, "Established"))
    return false;
  const hasSameSpec = a.metadata.generation === b.metadata.generation || isEqual(a.spec, b.spec);
  return hasSameSpec && isEqual(a.status?.acceptedNames, b.status?.acceptedNames);
}
