import type { Environment } from "./engine/config.ts";
import { namesRegistry } from "./engine/credentials.ts";
import { type Engine, splitTag } from "./engine/engine.ts";
import { pushImage } from "./engine/push.ts";
import { textOf } from "./failure.ts";
import type { ImageObject, Made, Report } from "./work.ts";

type Refs = ImageObject["spec"]["refs"];

/** The name by which this machine knows and pushes the image. */
export const localNameOf = ({ config, local = config }: Refs): string => local;

export const clusterNameOf = (refs: Refs): string => refs.cluster ?? localNameOf(refs);

/** `tiltish-` and the first 16 digits of the digest: another image has another tag. */
export const tagOf = (digest: string): string => `tiltish-${digest.replace(/^sha256:/, "").slice(0, 16)}`;

export function refsFor(refs: Refs, digest: string): Made["refs"] {
  const tag = tagOf(digest);
  return { local: `${localNameOf(refs)}:${tag}`, cluster: `${clusterNameOf(refs)}:${tag}` };
}

/** What of this tiltish every publication needs. */
export interface Publishing {
  env: Environment;
  /** The references that objects have in their status now. */
  presented: () => Promise<ReadonlySet<string>>;
}

export interface PublishOptions extends Publishing {
  engine: Engine;
  /** Of the image in the engine. */
  digest: string;
  refs: Made["refs"];
  extraTags?: readonly string[] | undefined;
  push: "Auto" | "Always" | "Never";
  signal: AbortSignal;
  report: Report;
}

/** Gives the image its names, and pushes it if it is to be. @throws ImageFailure `PushFailed`, `Unauthorized` */
export async function publish(options: PublishOptions): Promise<void> {
  const { engine, digest, refs, extraTags = [], env, signal, report } = options;
  const { repository } = splitTag(refs.local);
  await engine.tag(digest, refs.local, signal);
  for (const tag of extraTags)
    await engine.tag(digest, /[:/]/.test(tag) ? tag : `${repository}:${tag}`, signal);
  if (isToPush(options)) {
    report.pushing();
    await pushImage(engine, refs.local, { env, signal, log: (line) => report.log(`${line}\n`) });
  }
  // The image is where it is to be: what could not be tidied up is, after the next build.
  await forgetOld(options).catch((error: unknown) =>
    report.log(`older images could not be removed: ${textOf(error)}\n`),
  );
}

const isToPush = ({ push, refs }: PublishOptions): boolean =>
  push === "Always" || (push === "Auto" && namesRegistry(refs.local));

const KEPT = 5;

/** Each save makes an image: of those that we have named, the newest few are kept, and what an object presents,
 * whatever its age: what was built from the cache is as old as what is in there. */
async function forgetOld({ engine, refs, presented, signal }: PublishOptions): Promise<void> {
  const { repository } = splitTag(refs.local);
  const images = await engine.named(`${repository}:tiltish-*`, signal);
  const old = images.toSorted((a, b) => b.createdAt - a.createdAt).slice(KEPT);
  if (old.length === 0) return;
  const kept = new Set([...(await presented()), refs.local]);
  const names = old.flatMap(({ names }) => names).filter((each) => isOurs(each, repository));
  for (const name of names) if (!kept.has(name)) await engine.untag(name, signal);
}

const isOurs = (ref: string, repository: string): boolean =>
  ref.startsWith(`${repository}:tiltish-`) && /:tiltish-[0-9a-f]{16}$/.test(ref);
