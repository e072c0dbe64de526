import { alreadyExists, isReason } from "../../apis/errors.ts";
import { admitCreate } from "../admission/create.ts";
import { checkFields, checkOptions, decode } from "../admission/decode.ts";
import { readable } from "../admission/readable.ts";
import type { Store } from "../storage/index.ts";
import { commit } from "./commit.ts";
import { checkDefinition } from "./definitions.ts";
import { checkNamespace } from "./namespaces.ts";
import { tracked } from "./ownership.ts";
import { subjectOf } from "./subject.ts";
import type { Collection, RequestOptions, Written } from "./types.ts";

const NAME_TRIES = 8;

/**
 * Stores a new object.
 *
 * @throws StatusError `AlreadyExists` if the name is taken, `NotFound` if the namespace is not there, `BadRequest`
 *   or `Invalid` for a bad object.
 */
export async function create(
  store: Store,
  { kind, namespace = "" }: Collection,
  body: unknown,
  options: RequestOptions,
): Promise<Written> {
  checkOptions(options);
  for (let tries = 1; ; tries++) {
    const decoded = decode(kind, body);
    const warnings = checkFields({ kind, name: decoded.metadata.name }, decoded.unknown, options);
    const isNamed = Boolean(decoded.metadata.name);
    const admitted = readable(kind, () => admitCreate(kind, namespace, decoded));
    const object = tracked(kind, { next: admitted, sent: decoded.metadata.managedFields }, options);
    const target = { kind, namespace, name: object.metadata.name };
    try {
      const written = await commit(
        store,
        target,
        (current, peek) => {
          checkDefinition(peek, target);
          checkNamespace(peek, target);
          if (current) throw alreadyExists(subjectOf(kind, target.name));
          return { put: object };
        },
        options.dryRun,
      );
      return { object: written.object, bytes: written.bytes, created: true, warnings };
    } catch (error) {
      // A generated name that is taken is no fault of the caller's.
      if (isNamed || tries >= NAME_TRIES || !isReason(error, "AlreadyExists")) throw error;
    }
  }
}
