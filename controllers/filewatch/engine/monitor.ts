import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Filter, shownPath, type FilterSpec } from "./filter.ts";
import { GitHold } from "./git-hold.ts";
import { GitLock, type GitSign } from "./git-lock.ts";
import { Handover, type Batch } from "./handover.ts";
import { limitMessage } from "./inotify-use.ts";
import { chooseWatcher, type WatcherChoice, type WayOfWatching } from "./open-watcher.ts";
import { TreeWatch } from "./tree-watch.ts";
import type { OpenWatcher } from "./watcher.ts";

/** What to watch, with everything resolved: paths absolute, durations in milliseconds. */
export interface MonitorSpec extends FilterSpec {
  readonly root: string;
  readonly quietMs?: number;
  readonly maxMs: number;
  readonly pollMs?: number;
  readonly onlyContentChanges: boolean;
}

export interface MonitorEvents {
  batch(batch: Batch): void;
  /** Something went wrong that the monitor puts right by itself. */
  error(error: unknown): void;
  /** `limited` or `git` has changed. */
  noticed(): void;
}

export type ChooseWatcher = (spec: MonitorSpec, limited: (error: Error) => void) => WatcherChoice;

const choose: ChooseWatcher = ({ root, paths = [], pollMs }, limited) =>
  chooseWatcher([root, ...paths.map((path) => resolve(root, path))], pollMs, limited);

/** Watches what a spec says, from `openMonitor` to `close`; the spec may change in between. */
export class Monitor {
  readonly #events: MonitorEvents;
  readonly #choose: ChooseWatcher;
  #spec: MonitorSpec;
  #current: TreeWatch | undefined;
  #ignoreFiles: TreeWatch | undefined;
  #handover: Handover | undefined;
  #changing: Promise<void> = Promise.resolve();
  #closed = false;
  /** Why some directories are polled instead of watched. */
  limited: string | undefined;
  /** How it watches, if not by events alone. */
  way: WayOfWatching | undefined;
  /** What git is in the middle of; its path is relative to the root. */
  git: GitSign | undefined;

  constructor(spec: MonitorSpec, events: MonitorEvents, choose: ChooseWatcher) {
    this.#spec = spec;
    this.#events = events;
    this.#choose = choose;
  }

  /** Watches something else from now on. Nothing is lost in between: the new watch starts before the old one ends. */
  update(spec: MonitorSpec): Promise<void> {
    this.#changing = this.#changing
      .catch(() => undefined)
      .then(() => {
        this.#spec = spec;
        return this.#replace();
      });
    return this.#changing;
  }

  get fileCount(): number {
    return this.#current?.fileCount ?? 0;
  }

  /** Paths that are asked for and do not exist, relative to the root. */
  get missing(): string[] {
    return (this.#current?.missing ?? []).map((path) => shownPath(this.#spec.root, path));
  }

  /** Files changed since then, as far as their times tell. Resolves when all files have been looked at. */
  async changedSince(sinceMs: number): Promise<string[]> {
    await this.#current?.whenRead();
    const paths = this.#current?.changedSince(sinceMs) ?? [];
    return paths.map((path) => shownPath(this.#spec.root, path)).toSorted();
  }

  /** Looks at everything now, whether or not there were events. */
  async rescan(): Promise<void> {
    await this.#current?.rescan();
    await this.#current?.flush();
  }

  close(): void {
    this.#closed = true;
    this.#current?.close();
    this.#ignoreFiles?.close();
  }

  async #replace(): Promise<void> {
    const spec = this.#spec;
    this.limited = undefined;
    const next = new Handover(spec.root, (batch) => this.#events.batch(batch));
    const choice = this.#choose(spec, (error) => this.#setLimited(error));
    const watch = this.#open(spec, choice.open, next);
    if (this.#handover) this.#handover.successor = next;
    await startOrClose(watch);
    const ignoreFiles = await this.#openIgnoreFiles(spec);
    await this.#endCurrent();
    [this.#current, this.#ignoreFiles, this.#handover] = [watch, ignoreFiles, next];
    this.way = choice.way;
    if (this.#closed) this.close();
    else next.takeOver();
  }

  /** What happened until now is still its to report. */
  async #endCurrent(): Promise<void> {
    if (this.way) await this.#current?.rescan();
    else await delay(1); // events that wait in the kernel's queue are read
    await this.#current?.flush();
    this.#current?.close();
    this.#ignoreFiles?.close();
  }

  #open(spec: MonitorSpec, openWatcher: OpenWatcher, handover: Handover): TreeWatch {
    const { quietMs, maxMs, onlyContentChanges } = spec;
    return new TreeWatch({
      filter: new Filter(spec.root, spec),
      openWatcher,
      quietMs,
      maxMs,
      onlyContentChanges,
      gitHold: new GitHold(new GitLock(spec.root), (sign) => this.#setGit(sign)),
      onChanges: (changes) => handover.changes(changes),
      onError: (error) => this.#events.error(error),
    });
  }

  /** The ignore files are watched like anything else; when they change, the tree is watched anew by their rules. */
  async #openIgnoreFiles(spec: MonitorSpec): Promise<TreeWatch | undefined> {
    if (!spec.ignoreFiles?.length) return undefined;
    const paths = spec.ignoreFiles.map((file) => resolve(spec.root, file));
    const watch = new TreeWatch({
      filter: new Filter(spec.root, { paths, defaultIgnores: false }),
      openWatcher: this.#choose(spec, () => undefined).open,
      onlyContentChanges: true,
      maxMs: spec.maxMs,
      onChanges: () => void this.update(this.#spec).catch((error: unknown) => this.#events.error(error)),
      onError: (error) => this.#events.error(error),
    });
    await startOrClose(watch);
    return watch;
  }

  #setLimited(error: Error): void {
    this.limited = limitMessage(error);
    this.#events.noticed();
  }

  #setGit(sign: GitSign | undefined): void {
    this.git = sign && { ...sign, path: shownPath(this.#spec.root, sign.path) };
    this.#events.noticed();
  }
}

/** Resolves once changes are seen. Rejects when there is nothing to watch with. */
export async function openMonitor(
  spec: MonitorSpec,
  events: MonitorEvents,
  chooseWatcher: ChooseWatcher = choose,
): Promise<Monitor> {
  const monitor = new Monitor(spec, events, chooseWatcher);
  await monitor.update(spec);
  return monitor;
}

async function startOrClose(watch: TreeWatch): Promise<void> {
  try {
    await watch.start();
  } catch (error) {
    watch.close();
    throw error;
  }
}
