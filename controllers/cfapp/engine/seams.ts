import type { App, CloudController, Platform, Target } from "../cf/index.ts";
import type { Tree } from "../sync/index.ts";
import type { Transport } from "../transports/transport.ts";
import type { Logins } from "./logins.ts";
import type { Settings } from "./settings.ts";

/** What the ways to an app need to know. */
export interface WaysRequest {
  readonly settings: Settings;
  readonly cc: CloudController;
  readonly platform: Platform;
  readonly app: App;
  readonly space: Target;
  readonly routes: readonly string[];
}

export interface PushRequest {
  readonly cc: CloudController;
  readonly space: Target;
  readonly appName: string;
  readonly tree: Tree;
  readonly read: (path: string) => AsyncIterable<Uint8Array>;
  /** Path of the manifest. */
  readonly manifest?: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly varsFiles?: readonly string[];
  readonly strategy: "Restart" | "Rolling" | "Canary";
  readonly healthCheckType: "process" | "keep";
  readonly wrapCommand: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

export interface Pushed {
  readonly appGuid: string;
  readonly packageGuid: string;
  readonly dropletGuid: string;
  readonly deploymentGuid?: string | undefined;
}

/** What the engine does to the world, beside reading files. */
export interface Seams {
  readonly logins: Logins;
  /** The ways that the spec allows, the best first. */
  readonly waysTo: (request: WaysRequest) => readonly Transport[];
  readonly push: (request: PushRequest) => Promise<Pushed>;
}
