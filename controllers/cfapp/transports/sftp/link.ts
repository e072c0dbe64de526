import { type Sent, SshLink, type SshPlace } from "../ssh/link.ts";
import {
  encodeMarker,
  FILES,
  greetingFrom,
  logOf,
  logOfComing,
  logOfGone,
  trackedFrom,
  withLog,
} from "../ssh/state.ts";
import { ConnectionLostError, type Listing, StageError, type SyncSet } from "../transport.ts";
import { commitFiles } from "./commit.ts";
import type { SftpFiles } from "./files.ts";
import { listOver } from "./listing.ts";
import { stageFiles } from "./stage.ts";

/** A file that is written in the same second as one of ours has another time: ours are from before. */
const BEFORE_SECONDS = 2;
/** Characters: then it is written anew, without what came and went. */
const LONG_LOG = 4_000_000;

export interface SftpPlace extends SshPlace {
  readonly files: SftpFiles;
}

/** Moves files by sftp alone. */
export class SftpLink extends SshLink {
  declare protected readonly place: SftpPlace;

  static async open(place: SftpPlace): Promise<SftpLink> {
    const { files, root, state, instanceGuid } = place;
    const names = [FILES.marker, FILES.manifest, FILES.log];
    const [fileSystem, ...texts] = await Promise.all([
      files.fileSystem(root),
      ...names.map((name) => files.text(`${state}/${name}`)),
    ]);
    const [marker, manifest, log] = texts as [string, string, string];
    const greeting = greetingFrom(marker, { instanceGuid, freeBytes: fileSystem?.freeBytes });
    const link = new SftpLink(place, { greeting, tracked: trackedFrom(manifest, log) });
    if (log.length >= LONG_LOG) await link.#shortenLog();
    return link;
  }

  list(): Promise<Listing> {
    return this.#during(() => listOver(this.place.files, this.place.root, this.tracked));
  }

  async ping(): Promise<void> {
    await this.#during(() => this.place.files.lstat(this.place.root));
  }

  override close(): void {
    this.place.files.close();
    super.close();
  }

  protected async send(set: SyncSet): Promise<Sent> {
    const mtime = Math.floor(Date.now() / 1000) - BEFORE_SECONDS;
    const { files } = this.place;
    const bytes = await this.#during(() => stageFiles(set, { files, stage: this.#stage, mtime }));
    return { bytes, put: () => this.#during(() => this.#put(set, mtime)) };
  }

  async #put({ revision, plan }: SyncSet, mtime: number): Promise<void> {
    const { files, root, state, instanceGuid } = this.place;
    // What an agent has begun is not to be finished after this.
    await files.unlink(`${state}/${FILES.journal}`).catch(() => undefined);
    await this.#log(logOfComing(plan, this.tracked, mtime));
    await commitFiles(plan.operations, { files, root, stage: this.#stage });
    await this.#log(logOfGone(plan, this.tracked));
    await this.#write(FILES.marker, encodeMarker({ revision, treeHash: plan.treeHash, instanceGuid }));
  }

  get #stage(): string {
    return `${this.place.state}/stage`;
  }

  async #shortenLog(): Promise<void> {
    const { files, state } = this.place;
    await this.#write(FILES.log, logOf(this.tracked));
    await files.unlink(`${state}/${FILES.manifest}`).catch(() => undefined);
  }

  /** What is tracked is known to the log before it is there, and until it is gone. */
  async #log(text: string): Promise<void> {
    if (text === "") return;
    await this.place.files.append(`${this.place.state}/${FILES.log}`, Buffer.from(text));
    this.tracked = withLog(this.tracked, text);
  }

  /** Replaces a file as a whole. */
  async #write(name: string, text: string): Promise<void> {
    const { files, state } = this.place;
    const bytes = (async function* () {
      yield Buffer.from(text);
    })();
    await files.write(`${state}/${name}.new`, bytes, "w");
    await files.rename(`${state}/${name}.new`, `${state}/${name}`);
  }

  /** Whatever fails because the connection is lost says so. */
  async #during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StageError) throw error;
      if (this.place.connection.isClosed) throw new ConnectionLostError((error as Error).message);
      throw error;
    }
  }
}
