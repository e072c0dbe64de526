import { qualified } from "../../apis/errors.ts";
import { CustomResourceDefinition, kindsOf } from "../../apis/apiextensions/index.ts";
import type { NamespacedName, OwnerReference } from "../../apis/meta.ts";
import type { AnyKind, AnyObject, Handlers, Informer } from "../../client/index.ts";
import type { Source } from "./controller.ts";
import type { Manager, Runnable } from "./manager.ts";
import { refersToKind } from "./owners.ts";

/** The handlers of the objects of a kind, asked for whenever a kind comes. They may rely on metadata only. */
export type HandlersOf = (kind: AnyKind) => Handlers<AnyObject>;

/** The kind of a definition, in the version through which all its objects are seen. */
interface Defined {
  readonly uid: string | undefined;
  readonly kind: AnyKind;
  readonly informer: Informer<AnyKind>;
}

/** What is still to be told of a kind that went is told within this time. */
const LAST_WORDS_MS = 5_000;

/**
 * The kinds that are served, as they come and go with their CustomResourceDefinitions, and an informer for each, of
 * the metadata only unless a controller needs more.
 *
 * It is for controllers that look after objects of every kind. Views are left out, as their objects are seen already.
 */
export class ServedKinds implements Runnable {
  readonly name = "served-kinds";
  readonly kinds = [CustomResourceDefinition];
  readonly #fixed: readonly AnyKind[];
  /** Of the fixed kinds; shared with those controllers that need more than metadata. */
  readonly #informers = new Map<AnyKind, Informer<AnyKind>>();
  /** Those that nobody else stops. */
  readonly #own = new Set<Informer<AnyKind>>();
  readonly #defined = new Map<string, Defined>();
  readonly #followers = new Set<Follower>();
  /** Informers of kinds that went, which have their last words. */
  readonly #leaving = new Map<Informer<AnyKind>, () => void>();
  #manager!: Manager;
  #unsubscribe: () => void = () => undefined;

  /** `fixed`: the kinds that are always there. Give it to the manager before who uses it. */
  constructor(fixed: readonly AnyKind[]) {
    this.#fixed = fixed;
  }

  async start(manager: Manager): Promise<void> {
    this.#manager = manager;
    for (const kind of this.#fixed.filter(isStored)) {
      this.#informers.set(kind, manager.running(kind) ?? this.#metadataOf(kind).start());
    }
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced));
    this.#unsubscribe = manager.informer(CustomResourceDefinition).on({
      added: (definition) => this.#set(definition),
      updated: (definition) => this.#set(definition),
      deleted: ({ metadata }) => this.#delete(metadata.name),
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    for (const cancel of this.#leaving.values()) cancel();
    await Promise.all([...this.#own].map((informer) => informer.stop()));
  }

  /** Kinds through which every object is seen once. */
  stored(): AnyKind[] {
    return [...this.#fixed.filter(isStored), ...[...this.#defined.values()].map(({ kind }) => kind)];
  }

  /** As {@link stored}, by what the server says now: the informer of definitions may lag behind. */
  async read(): Promise<AnyKind[]> {
    const { items } = await this.#manager.client.list(CustomResourceDefinition);
    return [
      ...this.#fixed.filter(isStored),
      ...items.flatMap((definition) => kindsOf(definition).slice(0, 1)),
    ];
  }

  /** The kind that a reference means, in whatever version; it may be a view. */
  find(reference: OwnerReference): AnyKind | undefined {
    const refersTo = (kind: AnyKind) => refersToKind(reference, kind);
    const defined = [...this.#defined.values()].map(({ kind }) => kind);
    return this.#fixed.find(refersTo) ?? defined.find(refersTo);
  }

  /** Undefined for a view, and for a kind that is not served. */
  informer(kind: AnyKind): Informer<AnyKind> | undefined {
    const fixed = this.#informers.get(kind);
    if (fixed) return fixed;
    const defined = this.#defined.get(definitionOf(kind));
    return defined?.kind.version === kind.version ? defined.informer : undefined;
  }

  /** Tells of the objects of every kind, those of later ones included, until the answer is called. */
  follow(handlersOf: HandlersOf): () => void {
    const follower = new Follower(handlersOf);
    this.#followers.add(follower);
    for (const kind of this.stored()) follower.attach(kind, this.informer(kind)!);
    return () => {
      this.#followers.delete(follower);
      follower.end();
    };
  }

  /** Wakes whom the end of an object, of whatever kind, concerns. */
  onDelete(requests: (object: AnyObject, kind: AnyKind) => readonly NamespacedName[]): Source {
    return {
      subscribe: (wake) =>
        this.follow((kind) => ({ deleted: (object) => requests(object, kind).forEach(wake) })),
    };
  }

  #set(definition: CustomResourceDefinition): void {
    const { name, uid } = definition.metadata;
    const [kind] = kindsOf(definition);
    if (!kind) return this.#delete(name);
    const known = this.#defined.get(name);
    if (known?.uid === uid && known?.kind.version === kind.version) {
      this.#defined.set(name, { ...known, kind });
      return;
    }
    this.#delete(name);
    const informer = this.#metadataOf(kind);
    this.#defined.set(name, { uid, kind, informer });
    for (const follower of this.#followers) follower.attach(kind, informer);
    informer.start();
  }

  #metadataOf(kind: AnyKind): Informer<AnyKind> {
    const { client, log, clock } = this.#manager;
    const informer = client.metadataInformer(kind, { log, clock, transform: withoutOwnedFields });
    this.#own.add(informer);
    return informer;
  }

  #delete(name: string): void {
    const defined = this.#defined.get(name);
    if (!defined) return;
    this.#defined.delete(name);
    const { informer } = defined;
    const leave = () => {
      this.#leaving.delete(informer);
      for (const follower of this.#followers) follower.detach(informer);
      this.#own.delete(informer);
      void informer.stop();
    };
    this.#leaving.set(informer, this.#manager.clock.after(LAST_WORDS_MS, leave));
  }
}

/** One who follows, and how each informer is told to leave it alone. */
class Follower {
  readonly #handlersOf: HandlersOf;
  readonly #endings = new Map<Informer<AnyKind>, () => void>();

  constructor(handlersOf: HandlersOf) {
    this.#handlersOf = handlersOf;
  }

  attach(kind: AnyKind, informer: Informer<AnyKind>): void {
    this.#endings.set(informer, informer.on(this.#handlersOf(kind)));
  }

  detach(informer: Informer<AnyKind>): void {
    this.#endings.get(informer)?.();
    this.#endings.delete(informer);
  }

  end(): void {
    for (const end of this.#endings.values()) end();
    this.#endings.clear();
  }
}

/** Whether objects of it are stored as what they are, and can be watched and deleted. */
const isStored = ({ view, verbs }: AnyKind): boolean =>
  !view && ["list", "watch", "delete"].every((verb) => verbs.includes(verb));

/** Who owns which field is the larger part of most metadata, and of no use here. */
const withoutOwnedFields = (object: AnyObject): AnyObject => {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
};

const definitionOf = (kind: AnyKind): string => qualified(kind);
