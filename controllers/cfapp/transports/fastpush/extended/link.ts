import { setTimeout as delay } from "node:timers/promises";
import type {
  CommitRequest,
  InstanceStatus,
  Refused,
  SetRestart,
  TimedOutcome,
} from "../../../../../apis/fastpush.ts";
import {
  ConnectError,
  type Greeting,
  type Link,
  type Listing,
  type Staged,
  StageError,
  type SyncOutcome,
  type SyncSet,
} from "../../transport.ts";
import { type Endpoint, networkRefusal } from "../endpoint.ts";
import { type Ask, ReadingError, type Reply } from "../http.ts";
import { Lifetime } from "../lifetime.ts";
import { setFrames } from "./frames.ts";
import { listingOf } from "./listing.ts";

const ALL = { deletes: true, modes: true, links: true, atomic: true, restarts: true } as const;
/** An app may take so long to be ready, and nothing is heard meanwhile. */
const COMMIT_MARGIN_MS = 60_000;
/** Nobody is asked more often than that. */
const MIN_WATCH_MS = 1000;

/** A controller of ours: sets are staged, verified and committed as a whole, and what becomes of the app is told. */
export class ExtendedLink implements Link {
  readonly capabilities = ALL;
  readonly greeting: Greeting;
  readonly #endpoint: Endpoint;
  readonly #lifetime = new Lifetime();
  #base: string;
  /** What the other side knows to have come by syncs; undefined if that is not known here. */
  #tracked: ReadonlySet<string> | undefined;

  private constructor(endpoint: Endpoint, greeting: Greeting) {
    this.#endpoint = endpoint;
    this.greeting = greeting;
    this.#base = greeting.revision;
  }

  /** @throws ConnectError */
  static async open(endpoint: Endpoint, signal?: AbortSignal): Promise<ExtendedLink> {
    const link = new ExtendedLink(endpoint, greetingOf(await instanceStatus(endpoint, signal)));
    void link.#watch();
    return link;
  }

  get closed(): Promise<Error> {
    return this.#lifetime.closed;
  }

  async list(): Promise<Listing> {
    const reply = await this.#ask("/files", { headers: { "accept-encoding": "gzip" } });
    if (reply.status !== 200) throw this.#lose(messageIn(reply));
    const listing = listingOf(reply.body);
    this.#tracked = listing.tracked;
    return listing;
  }

  async stage(set: SyncSet): Promise<Staged> {
    const [before, begun] = [this.#endpoint.bytesSent, performance.now()];
    const reply = await this.#put(set);
    const send = performance.now() - begun;
    if (reply.status !== 200) throw new StageError(messageIn(reply));
    const commit = async () => {
      const body = Buffer.from(JSON.stringify(this.#commitOf(set)));
      const asked = { method: "POST", body: () => once(body), length: body.length, idleMs: patienceFor(set) };
      return this.#outcome(set, await this.#ask(`${pathOf(set)}/commit`, asked), { before, send });
    };
    return { commit };
  }

  async sync(set: SyncSet): Promise<SyncOutcome> {
    const before = this.#endpoint.bytesSent;
    return this.#outcome(set, await this.#put(set, this.#commitOf(set)), { before });
  }

  async ping(): Promise<void> {
    const reply = await this.#ask("/status");
    if (reply.status !== 200) throw this.#lose(messageIn(reply));
    const { instanceGuid } = statusIn(reply);
    if (instanceGuid !== this.greeting.instanceGuid)
      throw this.#lose("another container has taken its place");
  }

  close(): void {
    this.#lifetime.end("the link was closed");
  }

  #put(set: SyncSet, commit?: CommitRequest): Promise<Reply> {
    return this.#ask(pathOf(set), {
      method: "PUT",
      headers: { "content-type": "application/octet-stream" },
      body: () => setFrames(set, commit),
      idleMs: patienceFor(set),
    });
  }

  /** Only what is new in the paths is sent, as far as the other side knows the rest. */
  #commitOf({ plan, restart }: SyncSet): CommitRequest {
    const paths = [...plan.tree.keys()];
    const known = this.#tracked;
    const tracked = known
      ? {
          add: paths.filter((path) => !known.has(path)),
          remove: [...known].filter((path) => !plan.tree.has(path)),
        }
      : { all: paths };
    return { base: this.#base, treeHash: plan.treeHash, tracked, restart: restart satisfies SetRestart };
  }

  #outcome(
    { revision, plan }: SyncSet,
    reply: Reply,
    { before, send }: { before: number; send?: number },
  ): SyncOutcome {
    const bytesSent = this.#endpoint.bytesSent - before;
    // Somebody else has committed a set: what is there now is told by the greeting of the next link.
    if (reply.status === 409) throw this.#lose(messageIn(reply));
    if (reply.status !== 200) return { result: "failed", message: messageIn(reply), bytesSent };
    const outcome = JSON.parse(reply.body.toString("utf8")) as TimedOutcome;
    if (outcome.result !== "failed") [this.#base, this.#tracked] = [revision, new Set(plan.tree.keys())];
    const durationsMs = { ...(send !== undefined && { send }), ...outcome.durationsMs };
    return { ...outcome, bytesSent, durationsMs };
  }

  async #ask(path: string, ask: Partial<Ask> = {}): Promise<Reply> {
    this.#lifetime.check();
    try {
      return await this.#endpoint.extended(path, { ...ask, signal: this.#lifetime.signal });
    } catch (error) {
      this.#lifetime.check();
      // The connection is as good as before.
      if (error instanceof ReadingError) throw error.cause;
      throw this.#lose((error as Error).message, error);
    }
  }

  #lose(why: string, cause?: unknown): Error {
    return this.#lifetime.end(why, cause);
  }

  /** Hears at once when the container goes. Routers end what lasts for long: then it is asked whether it is there. */
  async #watch(): Promise<void> {
    const { signal } = this.#lifetime;
    while (!signal.aborted) {
      const pause = delay(MIN_WATCH_MS, undefined, { signal, ref: false }).catch(() => undefined);
      await this.#listen().catch(() => undefined);
      if (signal.aborted) return;
      await this.ping().catch(() => undefined);
      await pause;
    }
  }

  async #listen(): Promise<void> {
    const response = await this.#endpoint.watch(this.#lifetime.signal);
    for await (const _ of response) continue;
  }
}

const pathOf = ({ revision }: SyncSet): string => `/sets/${encodeURIComponent(revision)}`;

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void, void> {
  yield bytes;
}

function patienceFor({ restart }: SyncSet): number {
  if (restart.mode !== "Supervisor") return 3 * COMMIT_MARGIN_MS;
  return (restart.graceSeconds + (restart.readiness?.timeoutSeconds ?? 0)) * 1000 + COMMIT_MARGIN_MS;
}

/** What an instance says of itself. @throws ConnectError */
export async function instanceStatus(endpoint: Endpoint, signal?: AbortSignal): Promise<InstanceStatus> {
  let reply: Reply;
  try {
    reply = await endpoint.extended("/status", { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw networkRefusal(error, endpoint.address);
  }
  if (reply.status === 200) return statusIn(reply);
  throw new ConnectError(
    "Unreachable",
    `${endpoint.address} answers ${reply.status} when it is asked for its status`,
  );
}

const statusIn = ({ body }: Reply): InstanceStatus => JSON.parse(body.toString("utf8")) as InstanceStatus;

const greetingOf = (status: InstanceStatus): Greeting => {
  const { instanceGuid, revision, treeHash, committedIn, freeBytes } = status;
  return { instanceGuid, revision, treeHash, committedIn, freeBytes };
};

function messageIn({ status, body }: Reply): string {
  const text = body.toString("utf8");
  try {
    return (JSON.parse(text) as Refused).message;
  } catch {
    return `the controller answers ${status}: ${text.slice(0, 200).trim()}`;
  }
}
