import type { Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { OBJECT_OFFER } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import { decodeOptionalBody } from "./body.ts";
import { deleteOptionsOf, preconditionsInQuery } from "./deleteoptions.ts";
import { targetOf } from "./get.ts";
import { representationOf, sendObject, sendValue } from "./respond.ts";

/** `DELETE …/{plural}/{name}`: a Status when the object is gone, the object while finalizers hold it (rule 99). */
export async function deleteRoute(context: ResourceContext): Promise<void> {
  const representation = representationOf(context, OBJECT_OFFER);
  const body = deleteOptionsOf(context, await decodeOptionalBody(context));
  const options = { ...body, preconditions: { ...preconditionsInQuery(context), ...body.preconditions } };
  const deleted = await context.registry.delete(targetOf(context), options);
  if (!deleted.gone) return sendObject(context, deleted, { representation });
  const { format } = representation;
  await sendValue(context, goneStatus(context.kind, deleted.object), {
    format,
    contentType: `application/${format}`,
  });
}

/** kubectl waits until exactly the object with this uid is gone. */
const goneStatus = ({ group, plural }: Kind, { metadata: { name, uid } }: KubeObject) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Success",
  details: { name, ...(group && { group }), kind: plural, uid },
});
