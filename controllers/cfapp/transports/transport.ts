import type { Chunk, Plan, Tree } from "../sync/index.ts";

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
  /** There is no supervisor to ask. */
  | { readonly result: "unsupervised" }
  /** A later set was committed before this one was ready. */
  | { readonly result: "superseded"; readonly by: string }
  /** Nothing has changed there. */
  | { readonly result: "failed"; readonly message: string };

export type SyncOutcome = Outcome & {
  /** Bytes of frames, before encryption. */
  readonly bytesSent: number;
};
