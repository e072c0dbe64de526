import { OBJECT_OFFER } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import { decodeObject } from "./body.ts";
import { writeOptionsOf } from "./options.ts";
import { representationOf, sendObject, warn } from "./respond.ts";

/** `POST …/{plural}`: 201 and the stored object; 409 if the name is taken. */
export async function createRoute(context: ResourceContext): Promise<void> {
  const { kind, registry, resource } = context;
  const representation = representationOf(context, OBJECT_OFFER);
  const { value, duplicateFields } = await decodeObject(context);
  const options = writeOptionsOf(context, duplicateFields);
  const collection = { kind, namespace: resource.namespace };
  const written = await registry.create(collection, value, options);
  warn(context, written.warnings);
  await sendObject(context, written, { representation, code: 201 });
}
