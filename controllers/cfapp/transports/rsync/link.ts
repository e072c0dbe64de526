import { randomBytes } from "node:crypto";
import type { SshConnection } from "../ssh/connection.ts";
import { type Sent, SshLink, type SshPlace } from "../ssh/link.ts";
import { run } from "../ssh/run.ts";
import { quote } from "../ssh/shell.ts";
import {
  encodeMarker,
  FILES,
  greetingFrom,
  logOfComing,
  logOfGone,
  trackedFrom,
  withLog,
} from "../ssh/state.ts";
import { ConnectionLostError, type Listing, StageError, type SyncSet } from "../transport.ts";
import { listingFrom } from "./listing.ts";
import { COMMIT, LIST, PREPARE, READ } from "./scripts.ts";
import type { SharedShell } from "./shell.ts";
import { stageByRsync } from "./stage.ts";
import { encodeSteps, logSteps, markStep, stepsOf } from "./steps.ts";

export interface RsyncPlace extends SshPlace {
  readonly shell: SharedShell;
  readonly freeBytes: number | undefined;
}

/** Sends files with rsync, and has a shell put them in place. */
export class RsyncLink extends SshLink {
  declare protected readonly place: RsyncPlace;
  #isClosed = false;

  static async open(place: RsyncPlace): Promise<RsyncLink> {
    const texts = [FILES.marker, FILES.manifest, FILES.log].map(async (name) =>
      (await runScript(place.connection, { script: READ, words: [`${place.state}/${name}`] })).toString(
        "utf8",
      ),
    );
    const [marker, manifest, log] = (await Promise.all(texts)) as [string, string, string];
    const known = { greeting: greetingFrom(marker, place), tracked: trackedFrom(manifest, log) };
    const link = new RsyncLink(place, known);
    void link.closed.then(() => place.shell.close());
    return link;
  }

  async list(): Promise<Listing> {
    const output = await this.#run(LIST, [this.place.root]);
    return { tree: listingFrom(output), tracked: new Set(this.tracked.keys()) };
  }

  async ping(): Promise<void> {
    await this.#run(":", []);
  }

  override close(): void {
    this.#isClosed = true;
    super.close();
  }

  protected async send(set: SyncSet): Promise<Sent> {
    const { connection, shell, root, state } = this.place;
    const [stage, before] = [`${state}/rsync`, shell.bytesSent];
    await this.#run(PREPARE, [stage]);
    try {
      await stageByRsync(set, { shell, root, stage });
    } catch (error) {
      throw connection.isClosed ? new ConnectionLostError((error as Error).message) : error;
    }
    return { bytes: shell.bytesSent - before, put: () => this.#put(set) };
  }

  async #put({ revision, plan }: SyncSet): Promise<void> {
    const { root, state, instanceGuid } = this.place;
    const [coming, gone] = [logOfComing(plan, this.tracked, 0), logOfGone(plan, this.tracked)];
    const marker = encodeMarker({ revision, treeHash: plan.treeHash, instanceGuid });
    const end = randomBytes(16).toString("hex");
    const steps = [...logSteps(coming), ...stepsOf(plan.operations), ...logSteps(gone), markStep(marker)];
    // What is logged as coming may be there, however this ends.
    this.tracked = withLog(this.tracked, coming);
    await this.#run(COMMIT, [root, state, end], encodeSteps(steps, end));
    this.tracked = withLog(this.tracked, gone);
  }

  async #run(script: string, words: readonly string[], input?: Buffer): Promise<Buffer> {
    if (this.#isClosed) throw new ConnectionLostError("the session was closed");
    return runScript(this.place.connection, { script, words, input });
  }
}

interface Script {
  readonly script: string;
  readonly words: readonly string[];
  readonly input?: Buffer | undefined;
}

/** @throws StageError if the script says that it cannot. */
async function runScript(connection: SshConnection, { script, words, input }: Script): Promise<Buffer> {
  const { code, stdout, stderr } = await run(connection, scriptCommand(script, words), input);
  if (code !== 0) throw new StageError(stderr || `a script ended with ${code ?? "a signal"}`);
  return stdout;
}

/** Runs a script with words: none of them is read by a shell. */
export const scriptCommand = (script: string, words: readonly string[]): string =>
  `exec bash -c ${[script, "tiltish", ...words].map(quote).join(" ")}`;
