import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The set that was committed last. */
export interface Marker {
  readonly revision: string;
  readonly treeHash: string;
  /** Identity of the container in which that was. */
  readonly committedIn: string;
}

/** Of agents over ssh, in the container of a platform; beside the directory of the app. */
const AGENT_MARKER = "tmp/.tiltish/marker";

const NONE: Marker = { revision: "", treeHash: "", committedIn: "" };

/** What a directory holds besides the app: what is on its way, what was committed, and which paths came by a sync. */
export class SetState {
  readonly directory: string;
  readonly stage: string;
  /** Says what an agent has committed in the same place. */
  readonly #agentMarker: string;
  #marker: Marker;
  #tracked: ReadonlySet<string>;

  constructor(directory: string, root: string) {
    this.directory = directory;
    this.#agentMarker = join(dirname(root), AGENT_MARKER);
    this.stage = join(directory, "stage");
    mkdirSync(this.stage, { recursive: true, mode: 0o700 });
    const [revision = "", treeHash = "", committedIn = ""] = this.#text("marker").split("\0");
    this.#marker = revision ? { revision, treeHash, committedIn } : NONE;
    this.#tracked = setOf(this.#text("manifest"));
  }

  /** None if an agent has committed something since: what is there is not known then. */
  get marker(): Marker {
    return timeOf(this.#agentMarker) > timeOf(join(this.directory, "marker")) ? NONE : this.#marker;
  }

  get tracked(): ReadonlySet<string> {
    return this.#tracked;
  }

  get journal(): string | undefined {
    return this.#text("journal") || undefined;
  }

  writeJournal(text: string): Promise<void> {
    return this.#write("journal", text);
  }

  async dropJournal(): Promise<void> {
    await rm(join(this.directory, "journal"), { force: true });
  }

  /**
   * The last steps of a commit: from here on it has been.
   *
   * @param manifest - Undefined if it is what it was.
   */
  async complete(marker: Marker, manifest: string | undefined): Promise<void> {
    if (manifest !== undefined) await this.#write("manifest", manifest);
    await this.#write("marker", [marker.revision, marker.treeHash, marker.committedIn].join("\0"));
    this.#marker = marker;
    if (manifest !== undefined) this.#tracked = setOf(manifest);
    // What an agent has committed is not what is there any more.
    await rm(this.#agentMarker, { force: true });
    await this.dropJournal();
  }

  /** Nothing is on its way. */
  clearStage(): void {
    rmSync(this.stage, { recursive: true, force: true });
    mkdirSync(this.stage, { recursive: true, mode: 0o700 });
  }

  #text(name: string): string {
    try {
      return readFileSync(join(this.directory, name), "utf8");
    } catch {
      return "";
    }
  }

  /** Whole or not at all. A container that goes down takes its files along: it need not be on the disk, only in order. */
  async #write(name: string, text: string): Promise<void> {
    const [file, fresh] = [join(this.directory, name), join(this.directory, `${name}.new`)];
    await writeFile(fresh, text, { mode: 0o600 });
    await rename(fresh, file);
  }
}

const timeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const setOf = (text: string): ReadonlySet<string> => new Set(text === "" ? [] : text.split("\0"));

/**
 * Where the state of an app is kept: outside of what the app's own watchers follow, if that is on the same file system,
 * for files are moved from there by name.
 *
 * @param chosen - What the configuration says; empty for the default.
 * @throws Error if no place will do.
 */
export function stateDirectoryFor(root: string, chosen: string): string {
  const beside = join(dirname(root), "tmp");
  const isThere = statSync(beside, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const candidates = chosen
    ? [chosen]
    : [...(isThere ? [join(beside, ".tiltish-fastpush")] : []), join(root, ".tiltish-state")];
  for (const candidate of candidates) if (isUsable(candidate, root)) return candidate;
  throw new Error(
    `${candidates.at(-1)} cannot be used: it must be writable, and on the file system of ${root}`,
  );
}

function isUsable(directory: string, root: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return statSync(directory).dev === statSync(root).dev;
  } catch {
    return false;
  }
}
