import {
  type Capabilities,
  ConnectionLostError,
  type Greeting,
  type HostKey,
  type Link,
  type Listing,
  type Staged,
  type SyncOutcome,
  type SyncSet,
} from "../transport.ts";
import type { SshConnection } from "./connection.ts";
import { restartOver } from "./restart.ts";
import { checkPaths, type Tracked } from "./state.ts";

const CAPABILITIES: Capabilities = {
  deletes: true,
  modes: true,
  links: true,
  atomic: false,
  restarts: true,
};

/** Where a link leads, and where its state is kept. */
export interface SshPlace {
  readonly connection: SshConnection;
  /** Directory of the app. */
  readonly root: string;
  /** Where state is kept; on the file system of the app. */
  readonly state: string;
  readonly instanceGuid: string;
}

/** A set that was sent to where nobody looks. */
export interface Sent {
  readonly bytes: number;
  /** Puts it in place, one file after the other, and writes that down. @throws ConnectionLostError, or why it cannot be. */
  readonly put: () => Promise<void>;
}

/** What is the same for all who have no agent: a set is staged as a whole, and committed one file after the other. */
export abstract class SshLink implements Link {
  readonly capabilities = CAPABILITIES;
  readonly hostKey: HostKey;
  readonly closed: Promise<Error>;
  protected readonly place: SshPlace;
  protected tracked: Tracked;
  #greeting: Greeting;
  #close!: (error: Error) => void;

  protected constructor(place: SshPlace, { greeting, tracked }: { greeting: Greeting; tracked: Tracked }) {
    [this.place, this.#greeting, this.tracked] = [place, greeting, tracked];
    this.hostKey = place.connection.hostKey;
    const closed = new Promise<Error>((resolve) => (this.#close = resolve));
    this.closed = Promise.race([closed, place.connection.closed]);
  }

  get greeting(): Greeting {
    return this.#greeting;
  }

  abstract list(): Promise<Listing>;

  abstract ping(): Promise<void>;

  protected abstract send(set: SyncSet): Promise<Sent>;

  async stage(set: SyncSet): Promise<Staged> {
    if (this.#has(set)) return { commit: () => Promise.resolve(DONE) };
    checkPaths(set.plan.operations);
    const sent = await this.send(set);
    return { commit: () => this.#commit(set, sent) };
  }

  close(): void {
    this.#close(new ConnectionLostError("the session was closed"));
  }

  /** It was committed before, and its app told. */
  #has({ revision }: SyncSet): boolean {
    return revision === this.#greeting.revision;
  }

  async #commit(set: SyncSet, { bytes: bytesSent, put }: Sent): Promise<SyncOutcome> {
    if (this.#has(set)) return DONE;
    try {
      await put();
    } catch (error) {
      if (error instanceof ConnectionLostError) throw error;
      const message = `${(error as Error).message}; list again before the next set`;
      return { result: "failed", message, bytesSent };
    }
    const { revision, restart, plan } = set;
    const { connection, instanceGuid } = this.place;
    this.#greeting = { ...this.#greeting, revision, treeHash: plan.treeHash, committedIn: instanceGuid };
    return { ...(await restartOver(connection, restart, this.place)), bytesSent };
  }
}

const DONE: SyncOutcome = { result: "ok", bytesSent: 0 };
