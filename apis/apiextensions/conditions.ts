import type { CustomResourceDefinition, DefinitionCondition } from "./customresourcedefinition.ts";

type ConditionType = "Established" | "NamesAccepted" | "Terminating" | (string & {});

export const conditionOf = (
  { status }: Pick<CustomResourceDefinition, "status">,
  type: ConditionType,
): DefinitionCondition | undefined => status?.conditions?.find((condition) => condition.type === type);

/** Whether a condition is there and True. */
export const isTrue = (definition: Pick<CustomResourceDefinition, "status">, type: ConditionType): boolean =>
  conditionOf(definition, type)?.status === "True";
