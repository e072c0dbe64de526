import { createHash } from "node:crypto";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { ImageResult } from "../../runtime/index.ts";
import type { Context } from "./context.ts";

/** What decides what an image holds and is called. */
export interface Inputs {
  /** Of all of it. Secrets do not count: BuildKit leaves them out as well. */
  readonly all: string;
  /** Of all but the files of the context. */
  readonly rest: string;
}

export function inputsOf(
  spec: DockerImage["spec"],
  { digest, dockerfile }: Context,
  images: readonly ImageResult[],
): Inputs {
  const {
    triggerMode: _,
    restartOn: __,
    dependsOn: ___,
    disabled: ____,
    imageRefs: _____,
    liveUpdate: ______,
    ...own
  } = spec;
  const bases = images.map((image) => image.digest);
  const rest = [sorted(own), bases];
  return { all: hashOf([digest, ...rest]), rest: hashOf([dockerfile, ...rest]) };
}

const hashOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** The order in which fields were given says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
