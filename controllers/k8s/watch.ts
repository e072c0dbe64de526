import { isDeepStrictEqual } from "node:util";
import picomatch from "picomatch";
import { FileWatch, type K8sResource } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { isBeingDeleted, isOwnedBy, ownerReferenceTo, TerminalError } from "../runtime/index.ts";

/** Name of the FileWatch that a K8sResource owns, over the files that it applies. */
export const watchNameOf = (name: string): string => `${name}-k8s-watch`;

/** Of the object, should there be one, that would own a FileWatch of this name. */
export const namesakeOf = ({ metadata }: Pick<FileWatch, "metadata">) => {
  const [, name] = /^(.+)-k8s-watch$/.exec(metadata.name) ?? [];
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "", name }];
};

/**
 * Keeps a FileWatch over the files, or none.
 *
 * @throws TerminalError if somebody else has its name.
 */
export async function ensureWatch(client: Client, object: K8sResource): Promise<FileWatch | undefined> {
  const { namespace = "default", name: own } = object.metadata;
  const name = { namespace, name: watchNameOf(own) };
  const present = await client.get(FileWatch, name);
  const spec = specOf(object);
  if (!spec) {
    if (present && isOwnedBy(present, object)) await client.delete(FileWatch, name);
    return undefined;
  }
  if (!present)
    return client.create(FileWatch, { ...name, ownerReferences: [ownerReferenceTo(object)] }, spec);
  if (!isOwnedBy(present, object)) throw notOurs(object, name.name);
  if (!isBeingDeleted(present) && !isSame(spec, present.spec))
    await client.patch(FileWatch, name, [{ op: "replace", path: "/spec", value: spec }], { type: "json" });
  return present;
}

/** Of a glob all below its fixed part is watched: what is read is decided when it is read. */
function specOf({ spec }: K8sResource) {
  if (!spec.files) return undefined;
  const paths = spec.files.map((file) => {
    const { isGlob, base } = picomatch.scan(file);
    return isGlob ? base || "." : file;
  });
  return { paths: [...new Set(paths)], disabled: spec.disabled };
}

/** The server adds defaults. */
const isSame = (wanted: object, present: object): boolean =>
  Object.entries(wanted).every(([key, value]) =>
    isDeepStrictEqual((present as Record<string, unknown>)[key], value),
  );

const notOurs = ({ metadata }: K8sResource, name: string): TerminalError =>
  new TerminalError({
    reason: "NameTaken",
    message: `FileWatch ${name} is not owned by K8sResource ${metadata.name}; delete or rename it`,
  });
