import type { App, CloudController, Platform, Target } from "../cf/index.ts";
import type { Pushed, PushRequest } from "../push/index.ts";
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

/** What the engine does to the world, beside reading files. */
export interface Seams {
  readonly logins: Logins;
  /** The ways that the spec allows, the best first. */
  readonly waysTo: (request: WaysRequest) => readonly Transport[];
  readonly push: (request: PushRequest) => Promise<Pushed>;
}
