import type { Subject } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { ObjectKey, Scope } from "../storage/index.ts";
import type { Collection, Target } from "./types.ts";

/** How the store calls an object. */
export const keyOf = ({ kind, namespace, name }: Target): ObjectKey => ({
  ...storedAs(kind),
  namespace: kind.namespaced ? namespace : "",
  name,
});

/** How the store calls a collection. */
export const scopeOf = ({ kind, namespace }: Collection): Scope => ({
  ...storedAs(kind),
  ...(kind.namespaced && namespace && { namespace }),
});

const storedAs = ({ view, group, plural }: Kind) => view?.of ?? { group, plural };

/** Tells a kind from what it was before its definition changed. */
export const identityOf = ({ custom }: Kind): string =>
  custom ? `${custom.definition.uid}/${custom.definition.generation}` : "";

/** How errors call an object. */
export const subjectOf = ({ group, plural }: Kind, name: string): Subject => ({ group, plural, name });
