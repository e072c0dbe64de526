import { isReason, qualified } from "../../apis/errors.ts";
import type { AnyKind, AnyObject, Client } from "../../client/index.ts";
import { controllerOf, isBeingDeleted } from "../runtime/index.ts";

/** An object in a namespace, with its kind. */
export interface Content {
  kind: AnyKind;
  object: AnyObject;
}

/** Everything in the client's namespace. */
export async function readContent(client: Client, kinds: readonly AnyKind[]): Promise<Content[]> {
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const { items } = await client.listMetadata(kind);
      return items.map((object) => ({ kind, object }));
    }),
  );
  return lists.flat();
}

/**
 * Deletes it, owners first, or they would try to make anew what goes. Those that a finalizer holds are only asked once.
 *
 * @returns What went wrong.
 */
export async function deleteAll(client: Client, content: readonly Content[]): Promise<Error[]> {
  const alive = content.filter(({ object }) => !isBeingDeleted(object));
  const isOwned = ({ object }: Content) => controllerOf(object) !== undefined;
  const failures: Error[] = [];
  for (const round of [alive.filter((each) => !isOwned(each)), alive.filter(isOwned)]) {
    const outcomes = await Promise.allSettled(round.map((each) => deleteOne(client, each)));
    failures.push(
      ...outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Error] : [])),
    );
  }
  return failures;
}

async function deleteOne(client: Client, { kind, object: { metadata } }: Content): Promise<void> {
  const options = { propagationPolicy: "Background", preconditions: { uid: metadata.uid } } as const;
  try {
    await client.delete(kind, metadata, options);
  } catch (error) {
    // Another one has its name: it is seen when this looks again.
    if (!isReason(error, "Conflict"))
      throw new Error(`${qualified(kind)} "${metadata.name}"`, { cause: error });
  }
}
