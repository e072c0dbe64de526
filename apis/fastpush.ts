/** What a fast-push controller and its clients agree on: the protocol of cf fast-push, and our extensions of it. */

export const BASE_PATH = "/_fastpush";

/** Carries the token of every request. */
export const TOKEN_HEADER = "x-auth-token";

/** Answers of ours have it; clients that do not know it pass over it. Its value is {@link EXTENSIONS}. */
export const EXTENSIONS_HEADER = "x-fastpush-extensions";

/** The version, and what it can do. */
export const EXTENSIONS = "1; deletes, modes, links, atomic, restarts, delta, output";

/** Whether an answer comes from a controller whose extensions we know. */
export const speaksExtensions = (header: string | undefined): boolean => /^1(;|$)/.test(header ?? "");

/** Where the extensions are, below the base path. */
export const EXTENSIONS_PATH = "/v1";

/** A file in the original protocol. */
export interface FileEntry {
  /** SHA-256 in hex; empty if it cannot be had. */
  readonly Checksum: string;
  /** Seconds since 1970. */
  readonly Modification: number;
  /** Base64; null in a listing. */
  readonly Content: string | null;
}

/** `GET {v1}/status` */
export interface InstanceStatus {
  /** Identity of the container; empty outside of one. */
  readonly instanceGuid: string;
  /** Of the set that was committed last; empty if there was none. */
  readonly revision: string;
  readonly treeHash: string;
  /** The container in which that was. */
  readonly committedIn: string;
  readonly freeBytes?: number;
  /** Of the app; 0 if it does not run. */
  readonly pid: number;
  /** How it ended last: an exit code, or a signal; empty if it has not. */
  readonly exit: string;
  /** The last that it wrote. */
  readonly output: string;
}

/** `GET {v1}/files`: one line of JSON each. */
export type ListedEntry = { readonly path: string; readonly tracked: boolean } & (
  | { readonly type: "file"; readonly size: number; readonly mode: number; readonly hash: string }
  | { readonly type: "link"; readonly target: string }
  | { readonly type: "directory" }
);

/** The last line of a listing: without it, the listing is not whole. */
export interface ListingEnd {
  readonly type: "end";
  readonly entries: number;
}

/**
 * `PUT {v1}/sets/{revision}` takes a stream of frames: a letter, a length (32 bits, big endian), so many bytes. `O` is
 * an operation in JSON; after a `put` without `from` comes what the file holds: `D` bytes, `Z` deflated bytes, `C` a part
 * of the file that it replaces (offset and length, 64 bits each). A last `K` with a {@link CommitRequest} commits at once.
 */
export type SetOperation =
  | { readonly type: "makeDirectory"; readonly path: string }
  /** Takes away a file or a link. */
  | { readonly type: "remove"; readonly path: string }
  /** Takes away a directory if nothing is left in it. */
  | { readonly type: "removeDirectory"; readonly path: string }
  | { readonly type: "link"; readonly path: string; readonly target: string }
  | { readonly type: "chmod"; readonly path: string; readonly mode: number }
  | {
      readonly type: "put";
      readonly path: string;
      readonly mode: number;
      readonly size: number;
      readonly hash: string;
      readonly from?: string;
    };

export const FRAME_HEAD_BYTES = 5;
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

export interface Readiness {
  readonly port?: number;
  readonly path?: string;
  readonly timeoutSeconds: number;
}

/** What is to happen to the app once a set is there. */
export type SetRestart =
  | { readonly mode: "None" }
  | { readonly mode: "Command"; readonly command: readonly string[] }
  | {
      readonly mode: "Supervisor";
      /** Without `SIG`. */
      readonly signal: string;
      readonly graceSeconds: number;
      readonly readiness?: Readiness;
    };

/** `POST {v1}/sets/{revision}/commit` */
export interface CommitRequest {
  /** The revision that the set was made for; another one there is a conflict (409), and nothing happens. */
  readonly base: string;
  readonly treeHash: string;
  /** All paths that syncs have put there from now on, or how they differ from those of the base. */
  readonly tracked:
    | { readonly all: readonly string[] }
    | { readonly add: readonly string[]; readonly remove: readonly string[] };
  readonly restart: SetRestart;
}

/** Milliseconds of each step. */
export interface CommitDurations {
  readonly apply?: number;
  readonly restart?: number;
  readonly ready?: number;
}

/** The answer to a commit, and to `POST {v1}/restart`. */
export type CommitOutcome =
  | { readonly result: "ready"; readonly pid: number }
  | { readonly result: "ok" }
  | { readonly result: "crashed"; readonly exit: string; readonly output: string }
  | { readonly result: "notready"; readonly pid: number; readonly output: string }
  | { readonly result: "superseded"; readonly by: string }
  | { readonly result: "failed"; readonly message: string };

/** As it is sent. */
export type TimedOutcome = CommitOutcome & { readonly durationsMs: CommitDurations };

/** Every answer of the extensions that is no success. */
export interface Refused {
  readonly reason:
    | "BadRequest"
    | "BadSet"
    | "Conflict"
    | "DiskFull"
    | "MethodNotAllowed"
    | "NotFound"
    | "TooLarge"
    | "Failed";
  readonly message: string;
}
