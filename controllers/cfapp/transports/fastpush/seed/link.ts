import type { Put, Tree } from "../../../../sync/index.ts";
import {
  type Greeting,
  type Link,
  type Listing,
  type Outcome,
  type Staged,
  StageError,
  type SyncOutcome,
  type SyncSet,
} from "../../transport.ts";
import { type Endpoint, healthIn } from "../endpoint.ts";
import { type Ask, ReadingError, type Reply } from "../http.ts";
import { Lifetime } from "../lifetime.ts";
import { bodyOf, lengthOf } from "./body.ts";
import { isHidden, isPath, type SeedFiles, seedFilesIn, treeOf } from "./listing.ts";

/** What the original protocol has no words for is left undone, and told. Whether to restart is its own decision. */
const CAPABILITIES = { deletes: false, modes: false, links: false, atomic: false, restarts: false } as const;
const UNKNOWN: Greeting = {
  instanceGuid: "",
  revision: "",
  treeHash: "",
  committedIn: "",
  freeBytes: undefined,
};
/** The original answers when the former process has ended, however long that takes. */
const ANSWER_MS = 120_000;
/** By so much a second there may differ from what is computed here. */
const CLOCK_SECONDS = 2;
const NAMED = 5;

/** A controller that speaks the original protocol alone. */
export class SeedLink implements Link {
  readonly capabilities = CAPABILITIES;
  readonly greeting = UNKNOWN;
  readonly #endpoint: Endpoint;
  readonly #lifetime = new Lifetime();
  #listed: SeedFiles = new Map();
  /** What was sent: by path, the hash. */
  readonly #sent = new Map<string, string>();
  /** Sent files whose listed hash may be that of the content before: by path, the second in which they changed. */
  readonly #stale = new Map<string, number>();

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  get closed(): Promise<Error> {
    return this.#lifetime.closed;
  }

  async list(local?: Tree): Promise<Listing> {
    const files = await this.#files();
    const tree = treeOf(files, local);
    // It does not tell what came by syncs; what is as it is here, or was sent from here, did.
    const isOurs = (path: string) => this.#sent.has(path) || (local?.has(path) ?? false);
    return { tree, tracked: new Set([...tree.keys()].filter(isOurs)) };
  }

  async stage(set: SyncSet): Promise<Staged> {
    const puts: Put[] = [];
    for (const operation of set.plan.operations) {
      if (operation.type !== "put") continue;
      if (!isPath(operation.path)) throw new StageError(`${operation.path} leads out of the directory`);
      if (this.#listed.get(operation.path)?.hash !== operation.entry.hash) puts.push(operation);
    }
    return { commit: () => this.#commit(set, puts) };
  }

  async ping(): Promise<void> {
    const { status, body } = await this.#ask("/status");
    if (status !== 200 || healthIn(body.toString("utf8")) === undefined)
      throw this.#lifetime.end(`its status is ${status}`);
  }

  close(): void {
    this.#lifetime.end("the link was closed");
  }

  async #commit(set: SyncSet, puts: readonly Put[]): Promise<SyncOutcome> {
    const before = this.#endpoint.bytesSent;
    const outcome = await this.#put(set, puts);
    return { ...outcome, bytesSent: this.#endpoint.bytesSent - before };
  }

  /** Nothing to send is not sent: the original takes that for an error. */
  async #put(set: SyncSet, puts: readonly Put[]): Promise<Outcome> {
    if (puts.length === 0) return { result: "ok" };
    const [former, begun] = [this.#listed, Date.now()];
    const read = (path: string) => set.read(path);
    const { status, headers, body } = await this.#ask("/files", {
      method: "PUT",
      body: () => bodyOf({ puts, read }),
      length: lengthOf(puts),
      idleMs: ANSWER_MS,
    });
    const health = healthIn(body.toString("utf8"));
    if (status !== 200 || health === undefined) return failed(`it answers ${status}: ${excerptOf(body)}`);
    const isFailed = health.startsWith("Failed");
    const seconds = isFailed ? Infinity : (Date.parse(headers.date ?? "") - (Date.now() - begun)) / 1000;
    const missing = await this.#missing(puts, { former, since: seconds - CLOCK_SECONDS });
    if (isFailed || missing.length > 0) return failed(`${health}${namesOf(missing)}`);
    set.onProgress?.({ files: puts.length, bytes: lengthOf(puts) });
    return set.restart.mode === "None" ? { result: "ok" } : { result: "unsupervised" };
  }

  /**
   * Paths that are not there as they were sent.
   *
   * @param since - Seconds since 1970 by the clock there, when they were sent.
   */
  async #missing(
    puts: readonly Put[],
    { former, since }: { former: SeedFiles; since: number },
  ): Promise<string[]> {
    const now = await this.#read();
    for (const { path, entry } of puts) {
      this.#sent.set(path, entry.hash);
      const modification = now.get(path)?.modification;
      // Hashes are kept there by the second of the change: of two in one second the first one stays.
      const isStale = modification === former.get(path)?.modification && (modification ?? 0) >= since;
      if (modification !== undefined && isStale) this.#stale.set(path, modification);
      else this.#stale.delete(path);
    }
    this.#listed = this.#corrected(now);
    const isMissing = ({ path, entry }: Put) =>
      !isHidden(path) && this.#listed.get(path)?.hash !== entry.hash;
    const missing = puts.filter(isMissing).map(({ path }) => path);
    for (const path of missing) this.#sent.delete(path);
    return missing;
  }

  async #files(): Promise<SeedFiles> {
    return (this.#listed = this.#corrected(await this.#read()));
  }

  async #read(): Promise<SeedFiles> {
    const { status, body } = await this.#ask("/files", { headers: { "accept-encoding": "gzip" } });
    if (status !== 200) throw this.#lifetime.end(`its listing is ${status}: ${excerptOf(body)}`);
    return seedFilesIn(body);
  }

  #corrected(files: SeedFiles): SeedFiles {
    const corrected = new Map(files);
    for (const [path, modification] of this.#stale) {
      const hash = this.#sent.get(path);
      if (hash !== undefined && files.get(path)?.modification === modification)
        corrected.set(path, { hash, modification });
    }
    return corrected;
  }

  async #ask(path: string, ask: Partial<Ask> = {}): Promise<Reply> {
    this.#lifetime.check();
    try {
      return await this.#endpoint.ask(path, { ...ask, signal: this.#lifetime.signal });
    } catch (error) {
      this.#lifetime.check();
      if (error instanceof ReadingError) throw error.cause;
      throw this.#lifetime.end((error as Error).message, error);
    }
  }
}

const failed = (message: string): Outcome => ({ result: "failed", message });

const excerptOf = (body: Buffer): string => body.toString("utf8").slice(0, 200).trim();

function namesOf(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  const rest = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : "";
  return `; not as they were sent: ${paths.slice(0, NAMED).join(", ")}${rest}`;
}
