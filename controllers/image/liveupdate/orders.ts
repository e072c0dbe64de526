import type { Tree } from "../../sync/index.ts";
import type { Wanted } from "./transfer.ts";

/** A command to run in a container after a sync. */
export interface RunStep {
  readonly command: readonly string[];
  /** Globs; without them, always. */
  readonly when?: readonly string[] | undefined;
}

/** How the containers of an image are to be. */
export interface Orders extends Wanted {
  /** Of the engine: `sha256:…` */
  readonly imageId: string;
  /** Milliseconds since 1970. */
  readonly builtAtMs: number;
  /** The context that the image was built from. */
  readonly baked: Tree;
  /** When the newest change of a file was seen, as in a status. */
  readonly changeTime?: string | undefined;
  readonly run: readonly RunStep[];
  readonly restart: boolean;
  /** Names of containers; without them, all of the image. */
  readonly only?: readonly string[] | undefined;
}

/** Why containers cannot be updated in place, so that the image has to be built. */
export type FailReason =
  /** Something changed that no rule is about, or that is in `stopOn`. */
  | "UpdateStopped"
  | "NoContainer"
  | "Terminated"
  | "CrashLoopBackOff"
  /** The engine, or the container, refused. */
  | "UpdateFailed";

export interface Failure {
  readonly reason: FailReason;
  /** What, why, and what happens now. */
  readonly message: string;
}

/** A container, and what was done in it. */
export interface Member {
  readonly id: string;
  name: string;
  state: string;
  /** The context as it has it. */
  has: Tree;
  files?: number;
  lastSyncTime?: string;
  lastFileTimeSynced?: string | undefined;
  lastExecError?: string | undefined;
}

/** What is seen from outside. */
export interface Observation {
  readonly state: "Waiting" | "Syncing" | "Synced" | "Failed";
  readonly reason?: string;
  readonly message?: string;
  readonly members: readonly Readonly<Member>[];
}
