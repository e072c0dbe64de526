import { copyDatabase } from "./backup.ts";
import { Ballast } from "./ballast.ts";
import type { Collections } from "./collections.ts";
import { Compactor } from "./compactor.ts";
import { closeDatabase, openDatabase, type OpenedDatabase } from "./database.ts";
import { sqliteCodeOf } from "./driver.ts";
import { openDirectory, sizeOf, touch, type StoreFiles } from "./files.ts";
import { History } from "./history.ts";
import { lockDirectory, type DirectoryLock } from "./lock.ts";
import { Subscribers, type Listener } from "./subscribers.ts";
import type {
  Changes,
  CompactionStatus,
  Decide,
  HistoryPolicy,
  ObjectKey,
  Scope,
  Stored,
  StoreEvent,
  StoreLog,
  StoreOptions,
} from "./types.ts";
import { isFatal, Writer } from "./writer.ts";

const HISTORY: HistoryPolicy = { minAgeMs: 300_000, minCount: 10_000, maxCount: 200_000 };

const SILENT: StoreLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Parts extends OpenedDatabase {
  readonly files: StoreFiles;
  readonly lock: DirectoryLock;
}

/**
 * Objects, and the log of how they came to be.
 *
 * Every change is one row, numbered by its revision, in the order in which changes were decided. What is answered,
 * read or told is durable. There is no `await` between a commit and its subscribers, so reading up to `revision` and
 * subscribing in one go misses nothing.
 */
export class Store {
  readonly id: string;
  readonly #parts: Parts;
  readonly #current: Collections;
  readonly #history: History;
  readonly #subscribers: Subscribers;
  readonly #ballast: Ballast;
  readonly #compactor: Compactor;
  readonly #writer: Writer;
  readonly #logger: StoreLog;
  #walIsMarked: boolean;
  #closing: Promise<void> | undefined;

  /**
   * Opens the store in a directory, and creates it where there never was one.
   *
   * @throws {@link StoreLockedError} if another process has it, {@link StoreDamagedError} if it is not what was
   *   written, {@link StoreVersionError} if a newer version wrote it; {@link StoreError} otherwise.
   */
  static async open(options: StoreOptions): Promise<Store> {
    const files = openDirectory(options.directory, options.log ?? SILENT);
    const lock = lockDirectory(files, options.driver);
    try {
      return new Store({ files, lock, ...openDatabase({ files, driver: options.driver }) }, options);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(parts: Parts, options: StoreOptions) {
    const { log: logger = SILENT, now = Date.now } = options;
    const { files, log, current, timeMs } = parts;
    this.id = log.head.id;
    this.#parts = parts;
    this.#logger = logger;
    this.#current = current;
    this.#history = new History(log, current);
    this.#subscribers = new Subscribers(logger);
    this.#walIsMarked = sizeOf(files.needsWal) !== undefined;
    const ballast = new Ballast(files, logger);
    const onCommit = (events: readonly StoreEvent[]) => this.#afterCommit(events);
    const onError = (error: unknown) => this.#afterFailedCompaction(error);
    const onFatal = (error: Error) => options.onFatal(error);
    const history = { ...HISTORY, ...options.history };
    this.#ballast = ballast;
    this.#writer = new Writer({ log, current, ballast, now, timeMs, onCommit, onFatal });
    this.#compactor = new Compactor({ log, history, now, logger, onError });
    this.#ballast.start();
    this.#compactor.start();
  }

  /** The newest durable revision. */
  get revision(): number {
    return this.#parts.log.head.revision;
  }

  /** What led to this revision is forgotten; what came after it is all there. */
  get compactedRevision(): number {
    return this.#parts.log.head.compacted;
  }

  get compaction(): CompactionStatus {
    return this.#compactor.status;
  }

  /** Whether the disk is full, so that only deletions are accepted. */
  get isFull(): boolean {
    return this.#ballast.isFull;
  }

  get(key: ObjectKey): Stored | undefined {
    return this.#current.get(key);
  }

  /** By namespace, then name. The array is the caller's. */
  list(scope: Scope): Stored[] {
    return this.#current.list(scope);
  }

  /**
   * The list as it was at a revision. A revision of the future is taken as the newest.
   *
   * @throws StatusError `Expired` if it is older than the compacted revision.
   */
  listAt(scope: Scope, revision: number): Stored[] {
    return this.#history.listAt(scope, revision);
  }

  /**
   * Changes one object, or not, as `decide` says.
   *
   * `decide` is called once, at once, with the newest state, which need not be durable yet. What it throws is thrown,
   * and nothing is written. The revision, and with it `metadata.resourceVersion`, is given here.
   *
   * @returns The state as stored, once it is durable; for a removal, the last one with the removal's revision; for
   *   "unchanged", the present one.
   * @throws StatusError 413 for an object that is too large; 507 `InsufficientStorage` on a full disk; 500 when the disk fails, and ever after.
   */
  write(key: ObjectKey, decide: Decide): Promise<Stored> {
    return this.#writer.write(key, decide);
  }

  /**
   * What happened after a revision, in order: at most `limit` changes, and as many as a short search finds. Ask again
   * from `through` until that is the store's revision.
   *
   * @throws StatusError `Expired` if the revision is older than the compacted one.
   */
  changesSince(scope: Scope, revision: number, limit: number): Changes {
    return this.#history.changesSince(scope, revision, limit);
  }

  /**
   * Tells `listener` of changes as soon as they are durable, in order, one call per commit.
   *
   * @returns A function that ends it.
   */
  subscribe(scope: Scope, listener: Listener): () => void {
    return this.#subscribers.add(scope, listener);
  }

  /** Forgets history beyond what is to be kept. Happens by itself every half minute. */
  async compact(): Promise<void> {
    await this.#compactor.run();
  }

  /** Writes a consistent copy of the database, from which a store can be opened; replaces what is there. */
  async backup(file: string): Promise<void> {
    this.#writer.flush();
    copyDatabase(this.#parts.database, file);
  }

  /** Commits what is decided, and lets go of the directory. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { database, files, lock } = this.#parts;
    this.#writer.stop();
    await Promise.all([this.#compactor.stop(), this.#ballast.stop()]);
    closeDatabase(database, files);
    lock.release();
  }

  #afterCommit(events: readonly StoreEvent[]): void {
    if (!this.#walIsMarked) this.#markWal();
    this.#subscribers.publish(events);
    this.#compactor.onCommit();
  }

  #markWal(): void {
    try {
      touch(this.#parts.files.needsWal);
      this.#walIsMarked = true;
    } catch (error) {
      this.#logger.warn({ err: error }, "the WAL could not be marked as needed; trying again");
    }
  }

  #afterFailedCompaction(error: unknown): void {
    if (sqliteCodeOf(error) === "SQLITE_FULL") this.#ballast.release();
    if (isFatal(error)) this.#writer.fail(error);
  }
}
