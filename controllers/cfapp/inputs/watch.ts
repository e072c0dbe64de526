import { isDeepStrictEqual } from "node:util";
import { type CFAppSync, FileWatch } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { isBeingDeleted, isOwnedBy, ownerReferenceTo, TerminalError } from "../../runtime/index.ts";

/** Name of the FileWatch that a CFAppSync owns; a LocalResource of the same name may have one, too. */
export const watchNameOf = (name: string): string => `${name}-cf-watch`;

/** Of the object, should there be one, that would own a FileWatch of this name. */
export const namesakeOf = ({ metadata }: Pick<FileWatch, "metadata">) => {
  const [, name] = /^(.+)-cf-watch$/.exec(metadata.name) ?? [];
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "", name }];
};

/** Who is told by others which files change needs no watch of its own. */
export const hasOwnWatch = ({ spec }: CFAppSync): boolean =>
  spec.trigger.mode !== "Source" && !spec.trigger.fileWatches?.length;

/**
 * Keeps a FileWatch over the directory, or none.
 *
 * @throws TerminalError if somebody else has its name.
 */
export async function ensureWatch(client: Client, object: CFAppSync): Promise<void> {
  const { namespace = "default", name: own } = object.metadata;
  const name = { namespace, name: watchNameOf(own) };
  const present = await client.get(FileWatch, name);
  if (!hasOwnWatch(object)) {
    if (present && isOwnedBy(present, object)) await client.delete(FileWatch, name);
    return;
  }
  const spec = specOf(object);
  if (!present) {
    const metadata = { ...name, ownerReferences: [ownerReferenceTo(object)] };
    await client.create(FileWatch, metadata, spec);
    return;
  }
  if (!isOwnedBy(present, object)) throw notOurs(object, name.name);
  if (isBeingDeleted(present) || isSubset(spec, present.spec)) return;
  await client.patch(FileWatch, name, [{ op: "replace", path: "/spec", value: spec }], { type: "json" });
}

/** What is ignored there may still be looked at here; never the other way round. */
function specOf({ spec }: CFAppSync): Record<string, unknown> {
  return {
    root: spec.localPath,
    paths: ["."],
    ignores: [".git/", ...spec.ignores],
    ...(spec.useCFIgnore && { ignoreFiles: [".cfignore"] }),
    defaultIgnores: false,
    debounce: { max: spec.trigger.maxWait },
    disabled: spec.disabled,
  };
}

/** The server adds defaults. */
const isSubset = (wanted: Record<string, unknown>, present: object): boolean =>
  Object.entries(wanted).every(([key, value]) =>
    isDeepStrictEqual((present as Record<string, unknown>)[key], value),
  ) && Object.hasOwn(wanted, "ignoreFiles") === Object.hasOwn(present, "ignoreFiles");

const notOurs = ({ metadata }: CFAppSync, name: string): TerminalError =>
  new TerminalError({
    reason: "NameTaken",
    message: `FileWatch ${name} is not owned by CFAppSync ${metadata.name}; delete or rename it, or name it in spec.trigger.fileWatches`,
  });
