import type { KubeObject, NamespacedName } from "../../apis/meta.ts";
import type { AnyKind, Client } from "../../client/index.ts";
import type { BuildSlots, KindWatch, Recorder, UnmetTeller } from "../runtime/index.ts";
import type { Entry } from "./entry.ts";
import type { ImageObject, LiveStatus, Make } from "./work.ts";

/** What one kind of image does in its own way. */
export interface ImageKind {
  kind: AnyKind;
  make: Make;
  /** Whether all files that go into an image are among its inputs: what has the same inputs is the same. */
  coversFiles: boolean;
  /** Keeps what it owns, before anything else is looked at. */
  ensureOwned(object: ImageObject, root: string): Promise<void>;
  /** The name of the FileWatch that it owns, if it owns one. */
  watchName?(name: string): string;
  watches?: readonly KindWatch[];
  forget(uid: string): Promise<void>;
  /** Ends what goes on beside any build. */
  rest?(uid: string): Promise<void>;
  /** The same, until something changes. @returns whether anything went on */
  cancel?(uid: string, why: string): boolean;
  /** What else it knows of an image by now. */
  observe?(uid: string): Observed;
}

interface Observed {
  /** Why it must be built although nothing has changed since it was looked at. */
  needsBuild?: string | undefined;
  liveUpdate?: LiveStatus | undefined;
}

export interface Tools {
  client: Client;
  recorder: Recorder;
  unmet: UnmetTeller;
  slots: BuildSlots;
  stateDirectory: string;
  rootOf: (namespace: string) => string | Promise<string>;
  /** Of builds at once, if the namespace has one of its own. */
  limitOf: (namespace: string) => Promise<number | undefined>;
}

/** One image, as it is looked at now. */
export interface Case {
  readonly tools: Tools;
  readonly kind: ImageKind;
  readonly object: ImageObject;
  readonly entry: Entry;
}

export const nameOf = ({ metadata }: KubeObject): NamespacedName => ({
  namespace: metadata.namespace ?? "",
  name: metadata.name,
});
