import { Namespace } from "../../../apis/core/index.ts";
import { isReason } from "../../../apis/errors.ts";
import type { Client } from "../../../client/index.ts";

/**
 * The uid of kube-system: it tells clusters apart that have one address, one after the other. Undefined if it may not be
 * read.
 */
export async function uidOf(client: Client): Promise<string | undefined> {
  try {
    return (await client.get(Namespace, "kube-system"))?.metadata.uid;
  } catch (error) {
    if (isReason(error, "Forbidden")) return undefined;
    throw error;
  }
}
