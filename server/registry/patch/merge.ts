import { apply } from "json-merge-patch";

/** RFC 7396: null deletes, lists are replaced. `current` is left alone. */
export const mergePatch = (current: unknown, patch: object): unknown =>
  apply(structuredClone(current) as object, structuredClone(patch));
