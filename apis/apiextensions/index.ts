export { conditionOf, isTrue } from "./conditions.ts";
export {
  CUSTOM_RESOURCE_CLEANUP_FINALIZER,
  CustomResourceDefinition,
  type DefinedNames,
  type DefinedVersion,
  type DefinitionCondition,
} from "./customresourcedefinition.ts";
export type { JsonSchema, ValidationRule } from "./jsonschema.ts";
export { kindsOf } from "./kinds.ts";
