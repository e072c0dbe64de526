import { LIST_OFFER } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import { decodeOptionalBody } from "./body.ts";
import { deleteOptionsOf } from "./deleteoptions.ts";
import { sendList } from "./list.ts";
import { listOptionsOf } from "./options.ts";
import { representationOf } from "./respond.ts";

/** `DELETE …/{plural}`: everything that the selectors match; answers what it deleted (rule 104). */
export async function deleteCollectionRoute(context: ResourceContext): Promise<void> {
  const { kind, registry, resource } = context;
  const representation = representationOf(context, LIST_OFFER);
  const options = {
    ...listOptionsOf(context),
    ...deleteOptionsOf(context, await decodeOptionalBody(context)),
  };
  const deleted = await registry.deleteCollection({ kind, namespace: resource.namespace }, options);
  await sendList(context, deleted, representation);
}
