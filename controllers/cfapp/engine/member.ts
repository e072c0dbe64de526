import type { Tree } from "../../sync/index.ts";
import type { Greeting, Link } from "../transports/transport.ts";
import type { Health } from "./health.ts";
import { numberOf } from "./revisions.ts";
import type { Status } from "./observation.ts";

type InstanceStatus = NonNullable<Status["instances"]>[number];

export interface InFlight {
  readonly name: string;
  readonly tree: Tree;
  readonly tracked: ReadonlySet<string>;
  /** It restarts the app. */
  readonly isRestart: boolean;
}

const NOTHING: Tree = new Map();

/** One instance of the app, as far as it is to be kept in step. */
export class Member {
  readonly index: number;
  link: Link | undefined;
  /** What it has, as far as `isKnown`. */
  remote: Tree = NOTHING;
  tracked: ReadonlySet<string> = new Set();
  isKnown = false;
  /** It has refused a set: what is there may be other than it says itself. */
  isDoubtful = false;
  /** Identity of the container that this is about. */
  instanceGuid = "";
  /** Name of the set that it has committed last. */
  revision = "";
  treeHash = "";
  /** A set whose end nobody has told, and what the instance has if it was committed. */
  inFlight: InFlight | undefined;
  /** The link whose greeting was taken in. */
  greetedBy: Link | undefined;
  /** Its container does not know what of it is ours: an empty set tells it. */
  needsMarker = false;
  failures = 0;
  retryAtMs: number | undefined;
  lastError: string | undefined;
  state = "Unknown";
  pid: number | undefined;
  /** Undefined as long as nobody has told. */
  health: Health | undefined;
  startedAt: string | undefined;
  /** Bytes that were sent since it last said how much is free. */
  bytesSince = 0;

  constructor(index: number, before?: InstanceStatus) {
    this.index = index;
    this.instanceGuid = before?.instanceGuid ?? "";
    this.pid = before?.pid;
    this.startedAt = before?.startedAt;
  }

  get isReady(): boolean {
    return this.link !== undefined && this.isKnown;
  }

  /** Bytes that are free there; undefined if that cannot be told. */
  get freeBytes(): number | undefined {
    const free = this.link?.greeting.freeBytes;
    return free === undefined ? undefined : free - this.bytesSince;
  }

  connected(link: Link): void {
    this.link = link;
    this.bytesSince = 0;
    this.retryAtMs = undefined;
    this.lastError = undefined;
    this.state = "Connected";
    void link.closed.then((error) => this.link === link && this.lost(error.message));
  }

  /** What it has is what it had, until its greeting says otherwise. */
  lost(why: string): void {
    this.link = undefined;
    this.lastError = why;
    this.state = "Lost";
  }

  /** It is another container now, or nobody knows what it has. */
  forget(): void {
    this.isKnown = false;
    this.remote = NOTHING;
    this.tracked = new Set();
    this.inFlight = undefined;
    this.health = undefined;
  }

  /** Somebody has changed what is there: it is looked at again before the next set. */
  refused(): void {
    this.forget();
    this.isDoubtful = true;
    this.close();
  }

  know(remote: Tree, tracked: ReadonlySet<string>): void {
    this.remote = remote;
    this.tracked = tracked;
    this.isKnown = true;
    this.isDoubtful = false;
  }

  greeted({ instanceGuid, revision, treeHash }: Greeting, link: Link): void {
    this.greetedBy = link;
    this.instanceGuid = instanceGuid;
    this.revision = revision;
    this.treeHash = treeHash;
  }

  /** @param sinceMs - Milliseconds since 1970; 0 if nobody has seen it. */
  started(pid: number, sinceMs = Date.now()): void {
    this.pid = pid;
    this.startedAt = sinceMs === 0 ? undefined : `${new Date(sinceMs).toISOString().slice(0, 23)}000Z`;
  }

  close(): void {
    const { link } = this;
    this.link = undefined;
    link?.close();
  }

  status(): InstanceStatus {
    const { index, instanceGuid, state, revision, pid, startedAt, lastError } = this;
    const number = numberOf(revision);
    return {
      index,
      state,
      ...(instanceGuid && { instanceGuid }),
      ...(number > 0 && { revision: number }),
      ...(pid !== undefined && { pid }),
      ...(startedAt && { startedAt }),
      ...(lastError && { lastError }),
    };
  }
}
