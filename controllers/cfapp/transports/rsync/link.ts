import { randomBytes } from "node:crypto";
import type { SshConnection } from "../ssh/connection.ts";
import { restartOver } from "../ssh/restart.ts";
import { run } from "../ssh/run.ts";
import { quote } from "../ssh/shell.ts";
import {
  checkPaths,
  encodeMarker,
  FILES,
  greetingFrom,
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
import { listingFrom } from "./listing.ts";
import { COMMIT, LIST, PREPARE, READ } from "./scripts.ts";
import type { SharedShell } from "./shell.ts";
import { stageByRsync } from "./stage.ts";
import { encodeSteps, logSteps, markStep, stepsOf } from "./steps.ts";

const CAPABILITIES: Capabilities = {
  deletes: true,
  modes: true,
  links: true,
  atomic: false,
  restarts: true,
};

export interface RsyncLinkOptions {
  readonly connection: SshConnection;
  readonly shell: SharedShell;
  /** Directory of the app. */
  readonly root: string;
  /** Where state is kept; on the file system of the app. */
  readonly state: string;
  readonly instanceGuid: string;
  readonly freeBytes: number | undefined;
}

/** Sends files with rsync, and has a shell put them in place. */
export class RsyncLink implements Link {
  readonly capabilities = CAPABILITIES;
  readonly hostKey: HostKey;
  readonly closed: Promise<Error>;
  readonly #options: RsyncLinkOptions;
  #greeting!: Greeting;
  #tracked: Tracked = new Map();
  #close!: (error: Error) => void;
  #isClosed = false;

  private constructor(options: RsyncLinkOptions) {
    this.#options = options;
    this.hostKey = options.connection.hostKey;
    const closed = new Promise<Error>((resolve) => (this.#close = resolve));
    this.closed = Promise.race([closed, options.connection.closed]);
    void this.closed.then(() => options.shell.close());
  }

  static async open(options: RsyncLinkOptions): Promise<RsyncLink> {
    const link = new RsyncLink(options);
    const names = [FILES.marker, FILES.manifest, FILES.log];
    const [marker, manifest, log] = await Promise.all(names.map((name) => link.#text(name)));
    link.#greeting = greetingFrom(marker!, options);
    link.#tracked = trackedFrom(manifest!, log!);
    return link;
  }

  get greeting(): Greeting {
    return this.#greeting;
  }

  async list(): Promise<Listing> {
    const output = await this.#run(LIST, [this.#options.root]);
    return { tree: listingFrom(output), tracked: new Set(this.#tracked.keys()) };
  }

  async stage(set: SyncSet): Promise<Staged> {
    if (set.revision === this.#greeting.revision) return { commit: () => this.#done() };
    checkPaths(set.plan.operations);
    const { shell, root, state } = this.#options;
    const [stage, before] = [`${state}/rsync`, shell.bytesSent];
    await this.#run(PREPARE, [stage]);
    try {
      await stageByRsync(set, { shell, root, stage });
    } catch (error) {
      throw this.#options.connection.isClosed ? new ConnectionLostError((error as Error).message) : error;
    }
    return { commit: () => this.#commit(set, shell.bytesSent - before) };
  }

  async ping(): Promise<void> {
    await this.#run(":", []);
  }

  close(): void {
    this.#isClosed = true;
    this.#close(new ConnectionLostError("the session was closed"));
  }

  async #commit({ revision, plan, restart }: SyncSet, bytesSent: number): Promise<SyncOutcome> {
    if (revision === this.#greeting.revision) return this.#done();
    const { connection, root, state, instanceGuid } = this.#options;
    const [coming, gone] = [logOfComing(plan, this.#tracked, 0), logOfGone(plan, this.#tracked)];
    const marker = encodeMarker({ revision, treeHash: plan.treeHash, instanceGuid });
    const end = randomBytes(16).toString("hex");
    const steps = [...logSteps(coming), ...stepsOf(plan.operations), ...logSteps(gone), markStep(marker)];
    try {
      await this.#run(COMMIT, [root, state, end], encodeSteps(steps, end));
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      // What is logged as coming may be there.
      this.#tracked = withLog(this.#tracked, coming);
      return { result: "failed", message: `${error.message}; list again before the next set`, bytesSent };
    }
    this.#tracked = withLog(this.#tracked, coming + gone);
    this.#greeting = { ...this.#greeting, revision, treeHash: plan.treeHash, committedIn: instanceGuid };
    return { ...(await restartOver(connection, restart, { root, state })), bytesSent };
  }

  /** It was committed before, and its app told. */
  #done(): Promise<SyncOutcome> {
    return Promise.resolve({ result: "ok", bytesSent: 0 });
  }

  async #text(name: string): Promise<string> {
    return (await this.#run(READ, [`${this.#options.state}/${name}`])).toString("utf8");
  }

  /** @throws StageError if the script says that it cannot. */
  async #run(script: string, words: readonly string[], input?: Buffer): Promise<Buffer> {
    if (this.#isClosed) throw new ConnectionLostError("the session was closed");
    const { code, stdout, stderr } = await run(this.#options.connection, scriptCommand(script, words), input);
    if (code !== 0) throw new StageError(stderr || `a script ended with ${code ?? "a signal"}`);
    return stdout;
  }
}

/** Runs a script with words: none of them is read by a shell. */
export const scriptCommand = (script: string, words: readonly string[]): string =>
  `exec bash -c ${[script, "tiltish", ...words].map(quote).join(" ")}`;
