import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fillHashes, fillStats, type BaselineOptions } from "./baseline.ts";
import { bursts } from "./burst.ts";
import { commit, type Changes } from "./commit.ts";
import { Debounce } from "./debounce.ts";
import { Dirty } from "./dirty.ts";
import type { Filter } from "./filter.ts";
import type { GitHold } from "./git-hold.ts";
import { look } from "./file-stat.ts";
import { Inspection, sizeOf, type Differences } from "./inspect.ts";
import { Pacer } from "./pacer.ts";
import { rescan } from "./rescan.ts";
import { quietBeforeLook, quietFor } from "./settle.ts";
import { join, Tree, type DirectoryNode } from "./tree.ts";
import { startOf, watchBelow, type Entries, type World } from "./walk.ts";
import type { OpenWatcher } from "./watcher.ts";

export interface TreeWatchOptions {
  readonly filter: Filter;
  readonly openWatcher: OpenWatcher;
  readonly onlyContentChanges: boolean;
  readonly gitHold?: GitHold;
  /** Fixed quiet time; without it the wait adapts to what happens. */
  readonly quietMs?: number;
  readonly maxMs: number;
  /** Told of each batch of changes once it is complete. */
  onChanges(changes: Changes): void;
  /** The system said that something went wrong. It is put right by itself; people want to know. */
  onError: (error: unknown) => void;
}

/** How long the start may take until it goes on beside the watching. */
const START_BUDGET_MS = 150;
const RESCAN_MIN_MS = 10_000;
const RESCAN_MAX_MS = 30_000;
/** A rescan may take 1 % of the time. */
const RESCAN_SHARE = 100;
const FOLLOW_UP_MS = 30;
const RETRY_MS = 1000;

/** Watches the files that one filter asks for, from `start` to `close`. */
export class TreeWatch {
  readonly #options: TreeWatchOptions;
  readonly #world: World;
  readonly #debounce: Debounce;
  readonly #racy = new Set<string>();
  readonly #stopListening: () => void;
  #dirty = new Dirty();
  #startedAtMs = 0;
  #lastChangeMs = -Infinity;
  #live = false;
  #closed = false;
  #rescanTimer: NodeJS.Timeout | undefined;
  #rescanning: Promise<void> | undefined;

  constructor(options: TreeWatchOptions) {
    this.#options = options;
    const watcher = options.openWatcher({
      hint: (directory, name) => this.#hint(directory, name),
      lost: (error) => this.#lost(error),
    });
    this.#world = { tree: new Tree(), filter: options.filter, watcher };
    this.#stopListening = bursts.onOverflow(() => this.#planRescan(0));
    this.#debounce = new Debounce({
      quietMs: () => options.quietMs ?? quietBeforeLook(this.#dirty.count, this.#followsUp()),
      maxMs: options.maxMs,
      flush: (idleMs, final) => this.#flush(idleMs, final),
    });
  }

  /** Resolves when changes from now on are seen. Small trees have been read by then, large ones are in the background. */
  async start(): Promise<void> {
    this.#startedAtMs = Date.now();
    const pacer = new Pacer();
    for await (const [node, entries] of this.#watchTargets(pacer)) {
      for (const name of entries.files) node.files.addUnknown(name);
    }
    const read = this.#readAll(pacer);
    const restMs = Math.max(0, START_BUDGET_MS - (Date.now() - this.#startedAtMs));
    await Promise.race([read.catch(this.#options.onError), delay(restMs, undefined, { ref: false })]);
    this.#live = true;
  }

  get fileCount(): number {
    return this.#world.tree.fileCount;
  }

  /** Paths that the spec names and that do not exist. */
  get missing(): string[] {
    const { targets } = this.#options.filter;
    return targets.map(({ path }) => path).filter((path) => !look(path));
  }

  /** Files changed since then, as far as their times tell. Meant for the time when nobody watched. */
  changedSince(sinceMs: number): string[] {
    const now = Date.now();
    return this.#world.tree.nodes().flatMap((node) =>
      [...node.files.names()].flatMap((name) => {
        const stat = node.files.get(name);
        if (!stat || stat === "unknown" || stat.mtimeMs > now) return [];
        // Editors tidy up (chmod, rename of backups) just after a save that has been reported.
        return stat.mtimeMs > sinceMs || stat.ctimeMs > sinceMs + 2000 ? [join(node.path, name)] : [];
      }),
    );
  }

  /** Resolves when all files have been looked at once. */
  whenRead(): Promise<void> {
    return this.#read ?? Promise.resolve();
  }

  /** Reports what has been seen so far, complete or not. */
  async flush(): Promise<void> {
    const flush = () => this.#debounce.flushNow();
    await (this.#options.gitHold?.without(flush) ?? flush());
  }

  /** Looks at everything now. */
  rescan(): Promise<void> {
    this.#rescanning ??= this.#rescan().finally(() => (this.#rescanning = undefined));
    return this.#rescanning;
  }

  close(): void {
    this.#closed = true;
    this.#stopListening();
    clearTimeout(this.#rescanTimer);
    this.#debounce.close();
    this.#world.watcher.close();
  }

  #read: Promise<void> | undefined;

  #readAll(pacer: Pacer): Promise<void> {
    const options: BaselineOptions = { ...this.#lookOptions(pacer), hint: (...at) => this.#hint(...at) };
    this.#read = fillStats(this.#world.tree.nodes(), options);
    return this.#read
      .then(() => fillHashes(this.#world.tree, options))
      .then(() => this.#planRescan(RESCAN_MIN_MS));
  }

  #lookOptions(pacer: Pacer) {
    const [startedAtMs, stopped, live] = [this.#startedAtMs, () => this.#closed, () => this.#live];
    return { pacer, startedAtMs, stopped, live };
  }

  async *#watchTargets(pacer: Pacer): AsyncGenerator<[DirectoryNode, Entries]> {
    for (const { path } of this.#options.filter.targets) {
      // A missing directory may come while its ancestor is being watched: look until nothing is new.
      for (let start = startOf(path); !this.#closed && !this.#world.tree.get(start); start = startOf(path)) {
        let found = false;
        for await (const one of watchBelow(start, this.#world, pacer)) {
          found = true;
          yield one;
        }
        if (!found) break;
      }
    }
  }

  #hint(directory: string, name?: string): void {
    const node = this.#world.tree.get(directory);
    if (!node || this.#closed) return;
    if (name !== undefined && !node.files.has(name) && !node.directories.has(name)) {
      const path = join(directory, name);
      if (!this.#options.filter.file(path) && !this.#options.filter.enters(path)) return;
    }
    this.#dirty.add(directory, name);
    this.#debounce.touch();
  }

  #lost(error: Error): void {
    if (this.#closed) return;
    this.#options.onError(error);
    this.#planRescan(0);
  }

  #followsUp(): boolean {
    return performance.now() - this.#lastChangeMs < FOLLOW_UP_MS;
  }

  async #flush(idleMs: number, final: boolean): Promise<number | undefined> {
    const dirty = this.#dirty;
    this.#dirty = new Dirty();
    try {
      const pacer = new Pacer();
      const isRacy = (path: string) => this.#racy.has(path);
      const found = await new Inspection(this.#world, { dirty, pacer, isRacy }).run();
      if (sizeOf(found) > 0 && (await this.#options.gitHold?.wait())) {
        this.#dirty.addAll(dirty);
        this.#debounce.touch(); // git may go on with something else at once
        return undefined;
      }
      const wantedMs = final ? 0 : this.#wantedQuiet(found);
      if (wantedMs > idleMs) {
        this.#dirty.addAll(dirty);
        return wantedMs;
      }
      await this.#commit(found, pacer);
    } catch (error) {
      this.#dirty.addAll(dirty);
      this.#options.onError(error);
      this.#planRescan(RETRY_MS);
    }
    return undefined;
  }

  #wantedQuiet(found: Differences): number {
    return this.#options.quietMs === undefined ? quietFor(found) : 0;
  }

  async #commit(found: Differences, pacer: Pacer): Promise<void> {
    const { onlyContentChanges } = this.#options;
    const options = { onlyContentChanges, startedAtMs: this.#startedAtMs, racy: this.#racy, pacer };
    const changes = await commit(found, this.#world, options);
    if (this.#closed) return;
    if (changes.paths.length > 0) {
      this.#lastChangeMs = performance.now();
      this.#options.onChanges(changes);
    }
    await this.#watchMissing();
  }

  /** A target may be gone, and has to be waited for where it was; or it has come as a link, which is no directory of the tree. */
  async #watchMissing(): Promise<void> {
    for await (const [node] of this.#watchTargets(new Pacer())) {
      node.fresh = true;
      this.#hint(node.path);
    }
  }

  async #rescan(): Promise<void> {
    if (this.#closed) return;
    const started = performance.now();
    const usedMs = process.cpuUsage();
    for (const path of this.#racy) this.#hintAt(path);
    await this.#watchMissing();
    const hint = (directory: string, name?: string) => this.#hint(directory, name);
    await rescan(this.#world, { ...this.#lookOptions(new Pacer()), hint });
    const { user, system } = process.cpuUsage(usedMs);
    const costMs = Math.min((user + system) / 1000, performance.now() - started);
    this.#planRescan(Math.min(RESCAN_MAX_MS, Math.max(RESCAN_MIN_MS, costMs * RESCAN_SHARE)));
  }

  #hintAt(path: string): void {
    this.#hint(dirname(path), basename(path));
  }

  #planRescan(delayMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#rescanTimer);
    this.#rescanTimer = setTimeout(() => this.rescan().catch(this.#options.onError), delayMs);
    this.#rescanTimer.unref();
  }
}
