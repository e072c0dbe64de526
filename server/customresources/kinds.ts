import {
  type CustomResourceDefinition,
  CustomResourceDefinition as Definition,
  isTrue,
  kindsOf,
} from "../../apis/apiextensions/index.ts";
import type { Kind } from "../../apis/kind.ts";
import type { Kinds } from "../registry/types.ts";
import type { Store, StoreEvent } from "../storage/index.ts";
import { keepNamesSettled } from "./names.ts";
import { shownKind } from "./shown.ts";

/** One definition, and the kinds that it has served. */
interface Defined {
  readonly definition: CustomResourceDefinition;
  readonly kinds: readonly Kind[];
}

/**
 * The kinds of a fixed list, and those of the CustomResourceDefinitions in the store.
 *
 * Listeners of the store run in the commit, so a definition is served before its writer has the answer.
 */
export class CustomKinds implements Kinds {
  readonly #fixed: readonly Kind[];
  readonly #defined = new Map<string, Defined>();
  #all: readonly Kind[] | undefined;
  #byPath = new Map<string, Kind>();

  constructor(store: Store, fixed: readonly Kind[]) {
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

  /** Fixed kinds come first, and cannot be replaced. */
  #collect(): readonly Kind[] {
    const kinds = [...this.#fixed, ...[...this.#defined.values()].flatMap((defined) => defined.kinds)];
    this.#byPath = new Map(kinds.toReversed().map((kind) => [pathOf(kind), kind]));
    return [...this.#byPath.values()].toReversed();
  }

  #take(events: readonly StoreEvent[]): void {
    for (const { type, stored } of events) {
      if (type === "DELETED") this.#delete(stored.key.name);
      else this.#set(stored.object as unknown as CustomResourceDefinition);
    }
  }

  #set(definition: CustomResourceDefinition): void {
    const { name } = definition.metadata;
    const known = this.#defined.get(name);
    // A kind keeps its identity while nothing changes that it shows: caches elsewhere are keyed by it.
    const isSame = known && essenceOf(known.definition) === essenceOf(definition);
    this.#defined.set(name, { definition, kinds: isSame ? known.kinds : shownKinds(definition) });
    if (!isSame) this.#all = undefined;
  }

  #delete(name: string): void {
    if (this.#defined.delete(name)) this.#all = undefined;
  }
}

const shownKinds = (definition: CustomResourceDefinition): readonly Kind[] =>
  kindsOf(definition).map((kind) => shownKind(kind, definition));

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
