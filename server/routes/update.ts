import { OBJECT_OFFER } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import { decodeObject } from "./body.ts";
import { targetOf } from "./get.ts";
import { writeOptionsOf } from "./options.ts";
import { representationOf, sendObject, warn } from "./respond.ts";

/** `PUT …/{plural}/{name}[/status]`: replaces it, if it is still as the caller read it. */
export async function updateRoute(context: ResourceContext): Promise<void> {
  const representation = representationOf(context, OBJECT_OFFER);
  const { value, duplicateFields } = await decodeObject(context);
  const options = writeOptionsOf(context, duplicateFields);
  const written = await context.registry.update(targetOf(context), value, options);
  warn(context, written.warnings);
  await sendObject(context, written, { representation, code: written.created ? 201 : 200 });
}
