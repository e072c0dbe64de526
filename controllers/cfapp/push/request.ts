import type { CloudController, Target } from "../cf/index.ts";
import type { Tree } from "../../sync/index.ts";

/** What is to be deployed, where, and how. */
export interface PushRequest {
  readonly cc: CloudController;
  readonly space: Target;
  readonly appName: string;
  readonly tree: Tree;
  /** Bytes of a file of the tree. What it throws is thrown on. */
  readonly read: (path: string) => AsyncIterable<Uint8Array>;
  /** Path of the manifest. */
  readonly manifest?: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly varsFiles?: readonly string[];
  readonly strategy: "Restart" | "Rolling" | "Canary";
  readonly healthCheckType: "process" | "keep";
  /** Start the app under the supervisor. */
  readonly wrapCommand: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
  /** A line of what stages it. */
  readonly onLog?: (line: string) => void;
}

export interface Pushed {
  readonly appGuid: string;
  readonly packageGuid: string;
  readonly dropletGuid: string;
  readonly deploymentGuid?: string | undefined;
  /** What the platform has warned of. */
  readonly warnings: readonly string[];
}

export type PushStep = "manifest" | "match" | "upload" | "stage" | "deploy" | "start";

/** A deploy that was not done. What was there before is still there, but for a restart that has failed. */
export class PushError extends Error {
  override readonly name = "PushError";
  readonly step: PushStep;
  /** The last lines of the log that belongs to it; empty if there is none. */
  readonly detail: string;

  constructor(
    step: PushStep,
    message: string,
    { detail = "", ...options }: ErrorOptions & { detail?: string } = {},
  ) {
    super(message, options);
    [this.step, this.detail] = [step, detail];
  }
}
