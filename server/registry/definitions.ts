import { CustomResourceDefinition } from "../../apis/apiextensions/index.ts";
import { qualified, StatusError } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { Peek } from "../storage/index.ts";
import type { Target } from "./types.ts";

/**
 * Checks that objects of a kind may be created. It is part of the decision, as the kind was looked up when the request
 * came: an object that outlives its definition could never be reached, nor deleted, again.
 *
 * @throws StatusError `NotFound` if the definition is gone, `MethodNotAllowed` if it is being deleted.
 */
export function checkDefinition(peek: Peek, { kind }: Pick<Target, "kind">): void {
  if (!kind.custom) return;
  const { group, plural } = CustomResourceDefinition;
  const found = peek({ group, plural, namespace: "", name: qualified(kind) });
  if (!found) throw new StatusError(404, "NotFound", "the server could not find the requested resource");
  if (found.metadata.deletionTimestamp) throw notSupported(kind);
}

const notSupported = (kind: Kind) =>
  new StatusError(
    405,
    "MethodNotAllowed",
    `create is not supported on resources of kind "${qualified(kind)}": their definition is being deleted`,
    { group: kind.group, kind: kind.plural },
  );
