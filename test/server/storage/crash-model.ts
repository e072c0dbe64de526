import assert from "node:assert/strict";
import { Store, type StoreEvent } from "../../../server/storage/index.ts";
import { scope } from "./objects.ts";

export interface Findings {
  acknowledged: number;
  /** Durable, although nobody was told: the process died in between. */
  unanswered: number;
  revision: number;
}

/** What one revision did: the count that it stored, or `removed`. */
interface Known {
  readonly name: string;
  readonly outcome: string;
}

/** What a store must hold, from what its writers were told and what was seen in it before. */
export class CrashModel {
  readonly findings: Findings = { acknowledged: 0, unanswered: 0, revision: 0 };
  readonly #directory: string;
  readonly #known = new Map<number, Known>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  acknowledge(lines: string[]): void {
    for (const line of lines.filter((line) => line !== "ready")) {
      const [revision, name, outcome] = line.split(" ");
      assert(!this.#known.has(Number(revision)), `revision ${revision} was given twice`);
      this.#known.set(Number(revision), { name: name!, outcome: outcome! });
      this.findings.acknowledged += 1;
    }
  }

  /** Opens the store, and fails on anything lost, torn, resurrected or reused. */
  async verify(): Promise<void> {
    const store = await Store.open({
      directory: this.#directory,
      onFatal: (error) => {
        throw error;
      },
    });
    try {
      this.#assertRevision(store);
      this.#assertHistory(store);
      this.#assertState(store);
    } finally {
      await store.close();
    }
  }

  #assertRevision(store: Store): void {
    const newest = Math.max(this.findings.revision, ...this.#known.keys());
    assert(store.revision >= newest, `revision ${newest} went back to ${store.revision}`);
    this.findings.revision = store.revision;
  }

  /** Each kept revision is there once, and says what it said before. */
  #assertHistory(store: Store): void {
    let last = store.compactedRevision;
    for (const event of changesOf(store)) {
      assert.equal(event.revision, last + 1, "the history has a gap");
      last = event.revision;
      const known = this.#known.get(event.revision);
      const found = foundIn(event);
      if (known) assert.deepEqual(found, known, `revision ${event.revision} has changed`);
      else this.findings.unanswered += 1;
      this.#known.set(event.revision, found);
    }
    assert.equal(last, store.revision);
  }

  /** The objects are those that all revisions together leave. */
  #assertState(store: Store): void {
    const expected = new Map<string, string>();
    for (let revision = 1; revision <= store.revision; revision += 1) {
      const known = this.#known.get(revision);
      assert(known, `nobody knows of revision ${revision}`);
      if (known.outcome === "removed") expected.delete(known.name);
      else expected.set(known.name, `${revision} ${known.outcome}`);
    }
    const found = store
      .list(scope)
      .map(({ key, revision, object }) => [key.name, `${revision} ${countIn(object)}`]);
    assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected));
  }
}

function* changesOf(store: Store): Iterable<StoreEvent> {
  for (let through = store.compactedRevision; through < store.revision;) {
    const changes = store.changesSince(scope, through, 100);
    yield* changes.events;
    through = changes.through;
  }
}

const foundIn = ({ type, stored }: StoreEvent): Known => ({
  name: stored.key.name,
  outcome: type === "DELETED" ? "removed" : countIn(stored.object),
});

/** Fails if the object is not whole. */
function countIn(object: Record<string, unknown>): string {
  const { count, text } = object["spec"] as { count: number; text: string };
  assert.equal(text, `${"x".repeat((count * 37) % 5_000)}${count}`, "a state is torn");
  return String(count);
}
