import type { K8sResource } from "../../apis/v1alpha1/index.ts";
import type { Engine } from "./engine/engine.ts";

/** What this tiltish remembers of one object. What must survive it is in the status. */
export interface Entry {
  readonly uid: string;
  readonly engine: Engine;
  /** Restarts of dependencies from before this have been taken in. */
  dependencyTime: string;
  /** What was told last of what it waits for. */
  waitsFor?: string | undefined;
  /** Generation of which it was told last that it is disabled. */
  toldDisabled?: number | undefined;
  restartOn?: K8sResource["spec"]["restartOn"];
}
