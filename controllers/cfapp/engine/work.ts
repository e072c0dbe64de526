import type { CFAppSync } from "../../../apis/v1alpha1/index.ts";
import type { App, CloudController, Instance, Platform, Target } from "../cf/index.ts";
import { LocalTree, type Plan, type Snapshot, type Tree, treeHashOf } from "../../sync/index.ts";
import type { ConnectReason, Progress, Staged, SyncSet, Transport } from "../transports/transport.ts";
import { Bell, withoutInputs } from "../../runtime/index.ts";
import { Brake } from "./brake.ts";
import { ChunkCache } from "./chunkcache.ts";
import { Inbox, type Taken } from "./inbox.ts";
import type { DeployFiles } from "./deployfiles.ts";
import type { Member } from "./member.ts";
import { type Aspect, type Facts, type Observation, observationOf, type Verdict } from "./observation.ts";
import type { Revision } from "./revisions.ts";
import type { Seams } from "./seams.ts";
import { sentFiles } from "./sets.ts";
import { stormMessage } from "./storm.ts";
import type { Settings } from "./settings.ts";
import { restarting, unreachable } from "./verdicts.ts";

export type Tell = (type: "Normal" | "Warning", reason: string, message: string) => void;

/** What is said to whoever reads along. */
export interface Journal {
  /** What is told by an Event, too. */
  note(text: string): void;
  lines(text: string): void;
  /** Somebody reads what comes, as it comes. */
  readonly isFollowed: boolean;
}

/** Where the app is, as the platform said last. */
export interface Resolved {
  readonly cc: CloudController;
  readonly platform: Platform;
  readonly space: Target;
  readonly app: App;
  readonly processGuid: string;
  readonly routes: readonly string[];
  /** Those that are to be kept in step. */
  readonly instances: readonly Instance[];
  readonly atMs: number;
}

/** What one instance is to get. */
export interface Part {
  readonly member: Member;
  readonly plan: Plan;
  readonly set: SyncSet;
  staged?: Staged;
  /** A file that changed while it was sent: nothing of the set counts. */
  changed?: string;
}

/** A set on its way. */
export interface SetInProgress {
  readonly revision: Revision;
  readonly name: string;
  readonly taken: Taken;
  readonly parts: readonly Part[];
  readonly startTime: string;
  readonly startMs: number;
  readonly scanMs: number;
  sendMs?: number;
  /** It is staged and committed in one go. */
  isDirect?: boolean;
}

/** Why a full deploy is to be done. */
export interface DeployReason {
  readonly kind: "Initial" | "Requested" | "Structural" | "Fallback" | "Persist";
  readonly why: string;
}

/** What keeps it from going on, until when. */
export interface Block {
  readonly until: "login" | "change" | "request";
  /** State of the configuration of cf when it was blocked. */
  readonly stamp: string;
}

/** A way that leads nowhere, when that was seen, and for whom. */
export interface PassedOver {
  readonly reason: ConnectReason;
  readonly message: string;
  readonly atMs: number;
  readonly ask: object | undefined;
}

/** All that the steps share: what is known, and what is under way. */
export class Work {
  settings: Settings;
  readonly seams: Seams;
  readonly journal: Journal;
  readonly bell = new Bell();
  readonly inbox = new Inbox();
  readonly chunks = new ChunkCache();
  readonly brake = new Brake();
  readonly members = new Map<number, Member>();
  observation: Observation;
  tree: LocalTree;
  snapshot: Snapshot | undefined;
  treeHash = "";
  resolved: Resolved | undefined;
  /** Ways to the instances, the best first, and which one is used now. */
  ways: readonly Transport[] = [];
  way = 0;
  /** Guid of the app that they lead to. */
  waysFor: string | undefined;
  /** Failures of the present way in a row. */
  wayFailures = 0;
  /** The present way has led there since it was chosen. */
  hasArrived = false;
  /** Why the last of the better ways is not used. */
  passedOver: PassedOver | undefined;
  set: SetInProgress | undefined;
  /** What the last full deploy by this tiltish put into the droplet. */
  deployed: Tree | undefined;
  deployReason: DeployReason | undefined;
  /** Manifest and its variables, as the last deploy found them. */
  deployFiles: DeployFiles | undefined;
  block: Block | undefined;
  /** Why there is no way to the instances but a full deploy. */
  offline: string | undefined;
  /** That a full deploy will be done instead has been told. */
  isFallbackTold = false;
  /** Type of a health check that may end the container during a restart. */
  isHealthCheckRisky: string | undefined;
  isHostKeyInsecure = false;
  /** Instances that have the files of the droplet again, until they have been synced. */
  readonly drifted = new Set<number>();
  /** Others that keep the same files of the same app in step. */
  sharers: readonly string[] = [];
  /** A full deploy has replaced the instances: that they are new is no news. */
  isExpectingNew = false;
  failures = 0;
  /** It is to end once what was synced is in a droplet. */
  isEnding = false;
  /** While its build runs, what is there is half of something. */
  isHeld = false;
  /** What Running says, if that is that the app has ended by itself. */
  toldCrash: Verdict | undefined;
  lastScanMs = 0;
  lastChangeMs = 0;
  learning: AbortController | undefined;
  /** Ends the reading of files for what is being sent. */
  cancel = new AbortController();
  /** What a full deploy was decided for. */
  taken: Taken | undefined;
  readonly #onSeen: () => void;
  readonly #tell: Tell;

  constructor(object: CFAppSync, { settings, seams, tell, journal, onSeen }: WorkOptions) {
    this.settings = settings;
    this.seams = seams;
    this.#tell = tell;
    this.journal = journal;
    this.#onSeen = onSeen;
    this.observation = observationOf(object);
    const { Running: running } = this.observation.verdicts;
    this.toldCrash = running?.reason === "Crashed" ? running : undefined;
    this.tree = new LocalTree(settings.tree);
  }

  /** @param more - What the log says instead. */
  // oxlint-disable-next-line eslint/max-params -- as a recorder has them
  tell(type: "Normal" | "Warning", reason: string, message: string, more?: string): void {
    this.#tell(type, reason, message);
    this.journal.note(more ?? (type === "Warning" ? `WARN ${reason}: ${message}` : message));
  }

  see(facts: Partial<Facts>): void {
    this.observation = { ...this.observation, facts: { ...this.observation.facts, ...facts } };
    this.#onSeen();
  }

  judge(aspect: Aspect, verdict: Verdict | undefined): void {
    const { [aspect]: _, ...others } = this.observation.verdicts;
    this.observation = {
      ...this.observation,
      verdicts: verdict ? { ...others, [aspect]: verdict } : others,
    };
    this.#onSeen();
  }

  /** None runs: how it was is over. */
  forgetApp(): void {
    this.toldCrash = undefined;
    if (this.observation.verdicts.Running) this.judge("Running", undefined);
  }

  /** What went wrong, and will be tried again. */
  fail(aspect: Aspect, verdict: Verdict): "failed" {
    this.judge(aspect, verdict);
    this.say(verdict.message);
    return "failed";
  }

  /** Nothing is connected any more. */
  lost(): "failed" {
    const why = [...this.members.values()].find(({ lastError }) => lastError)?.lastError;
    this.seeInstances();
    return this.fail("Connected", unreachable(why ?? "the connection was lost"));
  }

  judgeDegraded(): void {
    this.judge("Degraded", degradedVerdict(this));
  }

  share(names: readonly string[]): void {
    if (names.join() === this.sharers.join()) return;
    this.sharers = names;
    this.judgeDegraded();
    if (names.length > 0)
      this.tell("Warning", "SharedApp", this.observation.verdicts.Degraded?.message ?? "");
  }

  say(message: string | undefined): void {
    this.observation = { ...this.observation, message };
    this.#onSeen();
  }

  /** What came in is done, or needs nothing. */
  done({ ask, cause }: Taken): void {
    if (cause) this.see({ cause: withoutInputs(cause) });
    if (ask?.trigger !== undefined) this.see({ observedTrigger: ask.trigger });
  }

  /** Of a set that takes long, now and then. */
  progress({ files, bytes }: Progress): void {
    const { pending } = this.observation.facts;
    if (this.set) this.#judgeSent(this.set, files);
    if (this.set) this.say(`sending: ${files} of ${pending?.count ?? files} files, ${bytes} bytes`);
  }

  /** What follows at once when all is sent is the restart. */
  #judgeSent({ isDirect, parts: [part] }: SetInProgress, files: number): void {
    if (!isDirect || !part || part.set.restart.mode === "None") return;
    if (files === sentFiles(part.plan)) this.judge("Running", restarting);
  }

  seeInstances(): void {
    const members = [...this.members.values()].toSorted((a, b) => a.index - b.index);
    this.see({ instances: members.map((member) => member.status()) });
  }

  /** Another spec: nothing of the local side that is known holds any more. */
  configure(settings: Settings): void {
    this.deployFiles = undefined;
    const isSameTree = JSON.stringify(settings.tree) === JSON.stringify(this.settings.tree);
    this.settings = settings;
    if (isSameTree) return;
    this.brake.release();
    this.tree = new LocalTree(settings.tree);
    this.snapshot = undefined;
  }

  /** Looks at what is here. @throws what the system says of the root itself. */
  async look(paths?: readonly string[]): Promise<Snapshot> {
    const known = this.snapshot && paths;
    // Also of one that fails: it is not tried again at once.
    if (!known) this.lastScanMs = Date.now();
    const snapshot = known ? await this.tree.refresh(known) : await this.tree.scan();
    this.snapshot = snapshot;
    this.treeHash = treeHashOf(snapshot.tree);
    return snapshot;
  }

  get connected(): Member[] {
    return [...this.members.values()].filter(({ link }) => link !== undefined);
  }

  get login() {
    return this.seams.logins.of(this.settings.cfHome);
  }

  closeLinks(): void {
    for (const member of this.members.values()) member.close();
  }

  /** Of those that say nothing any more; whatever they have done is asked over new connections. */
  letGo(): void {
    for (const member of this.connected) {
      const { link } = member;
      member.lost("it did not answer, and its connection was given up");
      link?.close();
    }
    this.closeWays();
  }

  closeWays(): void {
    this.closeLinks();
    for (const way of this.ways) way.close();
    this.ways = [];
    Object.assign(this, { way: 0, hasArrived: false, passedOver: undefined });
  }
}

const is = (reason: string, message: string): Verdict => ({ status: "True", reason, message });

/** What is not as it should be although it works; the gravest. */
function degradedVerdict(work: Work): Verdict {
  if (work.sharers.length > 0) return sharedApp(work);
  if (work.isFallbackTold) return is("FallbackToPush", `files are sent by full deploys: ${work.offline}`);
  if (work.brake.isOn) return is("BusyFiles", stormMessage(work));
  if (work.isHostKeyInsecure)
    return is("InsecureHostKey", "spec.ssh.hostKey is Insecure: anybody could pretend to be the ssh host");
  if (work.drifted.size > 0) {
    const indexes = [...work.drifted].join(", ");
    return is("DriftFromDroplet", `instance ${indexes} is new, and has the files of the droplet`);
  }
  if (work.isHealthCheckRisky)
    return is(
      "HealthCheckRisk",
      `the health check (${work.isHealthCheckRisky}) may end a container while its app restarts: deploy with spec.push.healthCheckType process, or run: cf set-health-check ${work.settings.spec.appName} process`,
    );
  return { status: "False", reason: "AsExpected", message: "" };
}

const sharedApp = ({ sharers, settings: { spec } }: Work): Verdict =>
  is(
    "SharedApp",
    `${sharers.join(", ")} syncs to ${spec.remotePath} of the app ${spec.appName}, too, and each undoes what the other one does: delete or disable one of them`,
  );

export interface WorkOptions {
  settings: Settings;
  seams: Seams;
  tell: Tell;
  journal: Journal;
  /** Something of the observation is new. */
  onSeen: () => void;
}
