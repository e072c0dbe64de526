import {
  conditionOf,
  CustomResourceDefinition,
  type DefinitionCondition,
} from "../../apis/apiextensions/index.ts";
import type { Client } from "../../client/index.ts";
import { now } from "../runtime/index.ts";

/** Says how far the end of a definition has come. */
export async function setTerminating(
  client: Client,
  definition: CustomResourceDefinition,
  { status, reason, message }: Pick<DefinitionCondition, "status" | "reason" | "message">,
): Promise<CustomResourceDefinition> {
  const before = conditionOf(definition, "Terminating");
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now();
  const condition = { type: "Terminating", status, lastTransitionTime, reason, message };
  return client.updateStatus(CustomResourceDefinition, definition, (draft) => {
    const others = (draft.conditions ?? []).filter(({ type }) => type !== "Terminating");
    draft.conditions = [...others, condition];
  });
}
