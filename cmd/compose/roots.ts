import { Namespace } from "../../apis/core/index.ts";
import { ROOT_ANNOTATION } from "../../apis/meta.ts";
import type { Client } from "../../client/index.ts";

/** The directory against which relative paths in the objects of a namespace are resolved. */
export type RootOf = (namespace: string) => Promise<string>;

/** @param fallback for a namespace that names no root of its own: the directory that the server was started for. */
export const rootsIn =
  (client: Client, fallback: string): RootOf =>
  async (namespace) => {
    const object = await client.get(Namespace, namespace);
    return object?.metadata.annotations?.[ROOT_ANNOTATION] ?? fallback;
  };
