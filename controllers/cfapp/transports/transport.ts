import type { Chunk, Plan, Tree } from "../../sync/index.ts";

/** What an instance says of itself when one connects to it. */
export interface Greeting {
  /** Identity of the container; empty outside of a container. */
  readonly instanceGuid: string;
  /** Of the set that was committed last; empty if there was none. */
  readonly revision: string;
  readonly treeHash: string;
  /** Of the container in which that was; another one means that the files here are those of the droplet. */
  readonly committedIn: string;
  /** Undefined if it cannot be told. */
  readonly freeBytes: number | undefined;
}

/** What is in the directory of an instance. */
export interface Listing {
  readonly tree: Tree;
  /** Paths that a sync has put there. */
  readonly tracked: ReadonlySet<string>;
}

/** What is to happen to the process of the app once a set is committed. */
export type RestartPolicy =
  | { readonly mode: "None" }
  | { readonly mode: "Command"; readonly command: readonly string[] }
  | {
      readonly mode: "Supervisor";
      /** Without `SIG`. */
      readonly signal: string;
      readonly graceSeconds: number;
      readonly readiness?: {
        readonly port?: number;
        readonly path?: string;
        readonly timeoutSeconds: number;
      };
    };

/** A set of changes, and what belongs to it. */
export interface SyncSet {
  /** Told back in the answer; a set with the same revision is committed once. */
  readonly revision: string;
  readonly plan: Plan;
  readonly restart: RestartPolicy;
  /** Bytes of a file, as the plan knows it. */
  read(path: string): AsyncIterable<Uint8Array>;
  /** Chunks of a file as the other side has it, and as it is here; undefined to send it whole. */
  chunks?(path: string): { readonly base: readonly Chunk[]; readonly next: readonly Chunk[] } | undefined;
  /** Told now and then, while it is staged. */
  onProgress?(progress: Progress): void;
}

/** How far staging has come. */
export interface Progress {
  /** Files sent, of those that have to be. */
  readonly files: number;
  /** Bytes sent, as {@link SyncOutcome.bytesSent} counts them. */
  readonly bytes: number;
}

/** How a sync ended. `ready` to `notready` are commits: the files are there. */
export type Outcome =
  /** The app runs, and answers if it was to be asked. */
  | { readonly result: "ready"; readonly pid: number }
  /** Nobody was to be restarted, or a command did it. */
  | { readonly result: "ok" }
  /** It exited at once. */
  | { readonly result: "crashed"; readonly exit: string; readonly output: string }
  | { readonly result: "notready"; readonly pid: number; readonly output: string }
  /** There is no supervisor to ask, and why, if that is known: then one could not run there either. */
  | { readonly result: "unsupervised"; readonly why?: string }
  /** A later set was committed before this one was ready. */
  | { readonly result: "superseded"; readonly by: string }
  /** Nothing has changed there. */
  | { readonly result: "failed"; readonly message: string };

export type SyncOutcome = Outcome & {
  /** Bytes of frames, before encryption. */
  readonly bytesSent: number;
  /** Milliseconds of each step, of those that can be told apart. */
  readonly durationsMs?: Readonly<Partial<Record<"send" | "apply" | "restart" | "ready", number>>>;
};

/** What is told of the process of the app when it changes, whoever has restarted it. */
export type AppNews =
  | {
      readonly isSupervised: true;
      /** Undefined while none runs. */
      readonly pid?: number;
      /** Exit code of the one that ran before, or its signal, such as `SIG9`; empty if none has ended. */
      readonly exit: string;
      /** The last that it said, if none runs now. */
      readonly output: string;
      /** It was `notready`, and answers by now. */
      readonly isReadyLate?: boolean;
    }
  /** There is nobody who knows. */
  | { readonly isSupervised: false };

/** One instance of an app, as ssh and the router know it. */
export interface InstanceRef {
  readonly appGuid: string;
  /** Differs from that of the app but for the process `web`. */
  readonly processGuid: string;
  readonly index: number;
}

/** What a way of moving files cannot do is reported to people, never left undone in silence. */
export interface Capabilities {
  readonly deletes: boolean;
  readonly modes: boolean;
  readonly links: boolean;
  /** A set is there as a whole or not at all. */
  readonly atomic: boolean;
  /** It restarts the app and tells how that went. */
  readonly restarts: boolean;
}

/** The connection was lost, or whoever is at its other end speaks another language. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
}

/** The other side cannot have this set, and says why: a file arrived damaged, its disk is full. Nothing has changed there. */
export class StageError extends Error {
  override readonly name = "StageError";
}

/** A set that an instance has in full and has verified, and that nobody sees yet. */
export interface Staged {
  /** Makes it what the app has. @throws ConnectionLostError: then the greeting of the next link tells. */
  commit(): Promise<SyncOutcome>;
}

export interface HostKey {
  /** As people compare it. */
  readonly fingerprint: string;
  /** Who says that it is the right one. */
  readonly verifiedBy: "Platform" | "Spec" | "Nobody";
}

/** A connection to one instance, which lasts for many sets. One call at a time. */
export interface Link {
  readonly capabilities: Capabilities;
  readonly greeting: Greeting;
  /** Resolves with the reason when it is lost, or was closed. */
  readonly closed: Promise<Error>;
  /**
   * @param local - What is here. Ways that see hashes alone take size and mode of what has the same content from it.
   */
  list(local?: Tree): Promise<Listing>;
  /** Key of the ssh host, and how it was verified. */
  readonly hostKey?: HostKey;
  /** @throws ConnectionLostError, StageError, or what reading a file says: then nothing has changed there. */
  stage(set: SyncSet): Promise<Staged>;
  /**
   * Stages and commits without waiting in between, where a way can: one round trip less, for whoever has but one
   * instance to commit. What staging would throw is the outcome `failed` here.
   */
  sync?(set: SyncSet): Promise<SyncOutcome>;
  /**
   * Has somebody told how the app is: at once if that is known, and then at any moment, also while a set is sent. A way
   * without it tells nothing but the outcome of a set.
   */
  watchApp?(onNews: (news: AppNews) => void): void;
  /**
   * Has somebody told once: true when the app has printed something since that was told last, false if nobody there
   * knows. Who wants to hear of it again asks again.
   */
  untilPrinted?(onPrinted: (isTold: boolean) => void): void;
  /** Resolves when the other side has answered. */
  ping(): Promise<void>;
  close(): void;
}

/** A way to reach the instances of an app. */
export interface Transport {
  readonly name: "Agent" | "SFTP" | "Rsync" | "FastPush";
  /** @throws ConnectError */
  connect(instance: InstanceRef, signal?: AbortSignal): Promise<Link>;
  /** Closes what the links share. */
  close(): void;
}

export type ConnectReason =
  /** Forbidden for the platform, the space or the app. */
  | "SSHDisabled"
  /** Somebody else may be listening: nothing is sent, and nothing is tried again by itself. */
  | "HostKeyMismatch"
  | "Unreachable"
  /** Its certificate cannot be verified: nothing was sent. */
  | "CertificateRefused"
  | "PasscodeRefused"
  /** Token of the fast-push controller refused. */
  | "Unauthorized"
  /** Nobody there could restart the app, as another way can. */
  | "Unsupervised"
  /** The container lacks what this way needs: try the next one. */
  | "NotSupported";

export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly reason: ConnectReason;

  constructor(reason: ConnectReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
