import { isDeepStrictEqual } from "node:util";
import { type DockerImage, FileWatch } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { unwatchedOf } from "./docker/unwatched.ts";
import { isBeingDeleted, isOwnedBy, ownerReferenceTo, TerminalError } from "../runtime/index.ts";

/** Name of the FileWatch that a DockerImage owns; a LocalResource of the same name may have one, too. */
export const watchNameOf = (name: string): string => `${name}-image-watch`;

/** Of the object, should there be one, that would own a FileWatch of this name. */
export function ownerOfWatch({ metadata }: Pick<FileWatch, "metadata">) {
  const [, name] = /^(.+)-image-watch$/.exec(metadata.name) ?? [];
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "", name }];
}

/**
 * Keeps a FileWatch over the context. It only says when to look: what counts is the digest of the context.
 *
 * @throws TerminalError if somebody else has its name.
 */
export async function ensureWatch(client: Client, object: DockerImage, root: string): Promise<void> {
  const { namespace = "default", name: own } = object.metadata;
  const name = { namespace, name: watchNameOf(own) };
  const present = await client.get(FileWatch, name);
  const spec = {
    root: object.spec.context,
    paths: ["."],
    ignores: [".git/", ...(await unwatchedOf(object.spec, root))],
    defaultIgnores: false,
    disabled: object.spec.disabled,
  };
  if (!present) {
    await client.create(FileWatch, { ...name, ownerReferences: [ownerReferenceTo(object)] }, spec);
    return;
  }
  if (!isOwnedBy(present, object)) throw notOurs(name.name);
  if (isBeingDeleted(present) || isSubset(spec, present.spec)) return;
  await client.patch(FileWatch, name, { spec });
}

const isSubset = (wanted: object, present: object): boolean =>
  Object.entries(wanted).every(([key, value]) =>
    isDeepStrictEqual((present as Record<string, unknown>)[key], value),
  );

function notOurs(name: string): TerminalError {
  const message = `FileWatch/${name} exists and belongs to someone else; delete or rename it, or rename this image`;
  return new TerminalError({ reason: "NameTaken", message });
}
