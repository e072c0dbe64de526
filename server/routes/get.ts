import { OBJECT_OFFER } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import type { Target } from "../registry/index.ts";
import { representationOf, sendObject } from "./respond.ts";

/** `GET …/{plural}/{name}`, and the same with `/status`: the whole object. */
export async function getRoute(context: ResourceContext): Promise<void> {
  const representation = representationOf(context, OBJECT_OFFER);
  const stored = context.registry.get(targetOf(context));
  await sendObject(context, stored, { representation });
}

export const targetOf = ({ kind, resource: { namespace, name } }: ResourceContext): Target => ({
  kind,
  namespace,
  name,
});
