import type { StatusOf } from "../../apis/kind.ts";
import type { Cause, CustomImage, DockerImage } from "../../apis/v1alpha1/index.ts";
import type { ImageResult } from "../runtime/index.ts";
import type { Stage } from "./buildkit/stages.ts";
import type { ImageFailure } from "./failure.ts";

export type ImageObject = DockerImage | CustomImage;
export type Status = StatusOf<typeof DockerImage>;
export type LiveStatus = NonNullable<Status["liveUpdate"]>;

/** What a build has come to. */
export interface Made {
  /** Of all that went into it. */
  inputs: string;
  /** Undefined for an image that is not on this machine. */
  digest?: string | undefined;
  tag?: string | undefined;
  refs: { local: string; cluster: string };
}

/** Where a build tells how it goes. */
export interface Report {
  /** There is something to do: resolves when it is its turn. */
  begin(): Promise<void>;
  /** What the attempt is made from: should it fail, the same would fail again. */
  trying(inputs: string): void;
  pushing(): void;
  stages: (stages: Stage[]) => void;
  log: (text: string | Buffer) => void;
  /** It is built, if not yet where it is to be: should the rest fail, this need not be done again. */
  built(made: Omit<Made, "refs">): void;
}

export interface Refused {
  inputs: string;
  failure: ImageFailure;
}

export interface Order<O extends ImageObject = ImageObject> {
  object: O;
  cause: Cause;
  /** What it is built from, of what else is built here. */
  images: readonly ImageResult[];
  /** Built even if nothing that goes into it has changed. */
  isForced: boolean;
  /** What was made last, or what the last build, whose push has failed, has built. */
  before: (Omit<Made, "refs"> & { refs?: Made["refs"] | undefined }) | undefined;
  /** What was tried last, in vain: for the same, this is what comes of it. */
  refused?: Refused | undefined;
  /** The directory of the namespace. */
  root: string;
  signal: AbortSignal;
  report: Report;
}

/** `isUnchanged`: there was nothing to do. */
export interface Outcome {
  made: Made;
  isUnchanged: boolean;
}

/** Makes the image as its object says. @throws ImageFailure */
export type Make<O extends ImageObject = ImageObject> = (order: Order<O>) => Promise<Outcome>;
