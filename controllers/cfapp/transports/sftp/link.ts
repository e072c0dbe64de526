import type { SshConnection } from "../ssh/connection.ts";
import { restartOver } from "../ssh/restart.ts";
import {
  checkPaths,
  encodeMarker,
  FILES,
  greetingFrom,
  logOf,
  logOfComing,
  logOfGone,
  type Tracked,
  trackedFrom,
  withLog,
} from "../ssh/state.ts";
import {
  type Capabilities,
  ConnectionLostError,
  type Greeting,
  type HostKey,
  type Link,
  type Listing,
  type Staged,
  StageError,
  type SyncOutcome,
  type SyncSet,
} from "../transport.ts";
import { commitFiles } from "./commit.ts";
import type { SftpFiles } from "./files.ts";
import { listOver } from "./listing.ts";
import { stageFiles } from "./stage.ts";

const CAPABILITIES: Capabilities = {
  deletes: true,
  modes: true,
  links: true,
  atomic: false,
  restarts: true,
};

/** A file that is written in the same second as one of ours has another time: ours are from before. */
const BEFORE_SECONDS = 2;
/** Characters: then it is written anew, without what came and went. */
const LONG_LOG = 4_000_000;

export interface SftpLinkOptions {
  readonly connection: SshConnection;
  readonly files: SftpFiles;
  /** Directory of the app. */
  readonly root: string;
  /** Where state is kept; on the file system of the app. */
  readonly state: string;
  readonly instanceGuid: string;
}

/** Moves files by sftp alone: a set is staged as a whole, but committed one file after the other. */
export class SftpLink implements Link {
  readonly capabilities = CAPABILITIES;
  readonly hostKey: HostKey;
  readonly closed: Promise<Error>;
  readonly #options: SftpLinkOptions;
  #greeting!: Greeting;
  #tracked: Tracked = new Map();
  #close!: (error: Error) => void;

  private constructor(options: SftpLinkOptions) {
    this.#options = options;
    this.hostKey = options.connection.hostKey;
    const closed = new Promise<Error>((resolve) => (this.#close = resolve));
    this.closed = Promise.race([closed, options.connection.closed]);
  }

  static async open(options: SftpLinkOptions): Promise<SftpLink> {
    const link = new SftpLink(options);
    const { files, root, instanceGuid } = options;
    const [marker, fileSystem] = await Promise.all([link.#text(FILES.marker), files.fileSystem(root)]);
    link.#greeting = greetingFrom(marker, { instanceGuid, freeBytes: fileSystem?.freeBytes });
    await link.#readTracked();
    return link;
  }

  get greeting(): Greeting {
    return this.#greeting;
  }

  list(): Promise<Listing> {
    return this.#during(() => listOver(this.#options.files, this.#options.root, this.#tracked));
  }

  async stage(set: SyncSet): Promise<Staged> {
    if (set.revision === this.#greeting.revision) return { commit: () => this.#done(0) };
    checkPaths(set.plan.operations);
    const mtime = Math.floor(Date.now() / 1000) - BEFORE_SECONDS;
    const { files } = this.#options;
    const bytes = await this.#during(() => stageFiles(set, { files, stage: this.#stage, mtime }));
    return { commit: () => this.#commit(set, { bytes, mtime }) };
  }

  async ping(): Promise<void> {
    await this.#during(() => this.#options.files.lstat(this.#options.root));
  }

  close(): void {
    this.#options.files.close();
    this.#close(new ConnectionLostError("the session was closed"));
  }

  async #readTracked(): Promise<void> {
    const [manifest, log] = await Promise.all([this.#text(FILES.manifest), this.#text(FILES.log)]);
    this.#tracked = trackedFrom(manifest, log);
    if (log.length < LONG_LOG) return;
    const { files, state } = this.#options;
    await this.#write(FILES.log, logOf(this.#tracked));
    await files.unlink(`${state}/${FILES.manifest}`).catch(() => undefined);
  }

  get #stage(): string {
    return `${this.#options.state}/stage`;
  }

  async #commit(set: SyncSet, { bytes, mtime }: { bytes: number; mtime: number }): Promise<SyncOutcome> {
    if (set.revision === this.#greeting.revision) return this.#done(0);
    const { revision, plan } = set;
    const { connection, files, root, state, instanceGuid } = this.#options;
    try {
      await this.#during(async () => {
        // What an agent has begun is not to be finished after this.
        await files.unlink(`${state}/${FILES.journal}`).catch(() => undefined);
        await this.#log(logOfComing(plan, this.#tracked, mtime));
        await commitFiles(plan.operations, { files, root, stage: this.#stage });
        await this.#log(logOfGone(plan, this.#tracked));
        await this.#write(FILES.marker, encodeMarker({ revision, treeHash: plan.treeHash, instanceGuid }));
      });
    } catch (error) {
      if (error instanceof ConnectionLostError) throw error;
      return {
        result: "failed",
        message: `${(error as Error).message}; list again before the next set`,
        bytesSent: bytes,
      };
    }
    this.#greeting = { ...this.#greeting, revision, treeHash: plan.treeHash, committedIn: instanceGuid };
    return { ...(await restartOver(connection, set.restart, { root, state })), bytesSent: bytes };
  }

  /** It was committed before, and its app told. */
  #done(bytesSent: number): Promise<SyncOutcome> {
    return Promise.resolve({ result: "ok", bytesSent });
  }

  /** What is tracked is known to the log before it is there, and until it is gone. */
  async #log(text: string): Promise<void> {
    if (text === "") return;
    await this.#options.files.append(`${this.#options.state}/${FILES.log}`, Buffer.from(text));
    this.#tracked = withLog(this.#tracked, text);
  }

  /** Replaces a file as a whole. */
  async #write(name: string, text: string): Promise<void> {
    const { files, state } = this.#options;
    const bytes = (async function* () {
      yield Buffer.from(text);
    })();
    await files.write(`${state}/${name}.new`, bytes, "w");
    await files.rename(`${state}/${name}.new`, `${state}/${name}`);
  }

  #text(name: string): Promise<string> {
    return this.#options.files.text(`${this.#options.state}/${name}`);
  }

  /** Whatever fails because the connection is lost says so. */
  async #during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StageError) throw error;
      if (this.#options.connection.isClosed) throw new ConnectionLostError((error as Error).message);
      throw error;
    }
  }
}
