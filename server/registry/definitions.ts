import { CustomResourceDefinition } from "../../apis/apiextensions/index.ts";
import { qualified, StatusError } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { Decide, Peek } from "../storage/index.ts";
import type { Kinds, Target } from "./types.ts";

/** What was found out holds for what a definition said before. */
class KindChanged extends Error {
  override readonly name = "KindChanged";
}

/** More changes of one definition than that, each just before the same write, are no coincidence. */
const TRIES = 5;

/**
 * Makes a write to a kind as its definition has it when it is decided. The kind was looked up when the request came,
 * and its body may have taken its time.
 *
 * @throws StatusError `NotFound` if it is not served any more, `TooManyRequests` if it never stays the same.
 */
export function withNewest<About extends { kind: Kind }, Result>(
  kinds: Kinds,
  about: About,
  write: (about: About) => Promise<Result>,
): Promise<Result> {
  const written = write(about);
  return about.kind.custom ? written.catch((error) => again(kinds, { about, write, error })) : written;
}

interface Failed<About, Result> {
  about: About;
  write: (about: About) => Promise<Result>;
  error: unknown;
}

async function again<About extends { kind: Kind }, Result>(
  kinds: Kinds,
  { about, write, error }: Failed<About, Result>,
): Promise<Result> {
  let [{ kind }, reason] = [about, error];
  for (let tries = 1; tries < TRIES; tries++) {
    const newest = mayBeOutdated(reason) ? newestOf(kinds, kind) : kind;
    if (newest === kind) break;
    kind = newest;
    try {
      return await write({ ...about, kind });
    } catch (next) {
      reason = next;
    }
  }
  throw reason instanceof KindChanged ? changesAlways(kind) : reason;
}

/** Also a refusal, which may have been right only before. */
const mayBeOutdated = (error: unknown): boolean =>
  error instanceof KindChanged || (error instanceof StatusError && error.code < 500);

/** @throws StatusError `NotFound` if it is not served any more. */
export function newestOf(kinds: Kinds, { group, version, plural }: Kind): Kind {
  const found = kinds.find(group, version, plural);
  if (!found) throw notServed();
  return found;
}

/**
 * A decision about objects of a kind that is made only while its definition says what it said when the kind was looked
 * up. So whatever is written after a change of the definition is written as that has it.
 */
export function asDefined(kind: Kind, decide: Decide): Decide {
  const { custom } = kind;
  if (!custom) return decide;
  return (current, peek) => {
    const { uid, generation = 1 } = definitionOf(kind, peek).metadata;
    if (uid !== custom.definition.uid || generation !== custom.definition.generation)
      throw new KindChanged(`the definition of ${qualified(kind)} has changed`);
    return decide(current, peek);
  };
}

/**
 * Checks that objects of a kind may be created: one that outlives its definition could never be reached, nor deleted,
 * again.
 *
 * @throws StatusError `NotFound` if the definition is gone, `MethodNotAllowed` if it is being deleted.
 */
export function checkDefinition(peek: Peek, { kind }: Pick<Target, "kind">): void {
  if (kind.custom && definitionOf(kind, peek).metadata.deletionTimestamp) throw notSupported(kind);
}

function definitionOf(kind: Kind, peek: Peek): KubeObject {
  const { group, plural } = CustomResourceDefinition;
  const found = peek({ group, plural, namespace: "", name: qualified(kind) });
  if (!found) throw notServed();
  return found;
}

export const notServed = () =>
  new StatusError(404, "NotFound", "the server could not find the requested resource");

const notSupported = (kind: Kind) =>
  new StatusError(
    405,
    "MethodNotAllowed",
    `create is not supported on resources of kind "${qualified(kind)}": their definition is being deleted`,
    { group: kind.group, kind: kind.plural },
  );

const changesAlways = (kind: Kind) =>
  new StatusError(
    429,
    "TooManyRequests",
    `the definition of ${qualified(kind)} changed ${TRIES} times while this was written; try again when it is at rest`,
    { retryAfterSeconds: 1 },
  );
