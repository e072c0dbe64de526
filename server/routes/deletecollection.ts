import { negotiate, LIST_OFFER } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import { decodeOptionalBody } from "./body.ts";
import { sendList } from "./list.ts";
import { deleteOptionsOf, listOptionsOf } from "./options.ts";

/** `DELETE …/{plural}`: everything that the selectors match; answers what it deleted (rule 104). */
export async function deleteCollectionRoute(context: ResourceContext): Promise<void> {
  const { kind, registry, resource, request, store } = context;
  const representation = negotiate(request.headers.accept, LIST_OFFER);
  const options = {
    ...listOptionsOf(context),
    ...deleteOptionsOf(context, await decodeOptionalBody(context)),
  };
  const items = await registry.deleteCollection({ kind, namespace: resource.namespace }, options);
  await sendList(context, { items, revision: store.revision }, representation);
}
