import { Type, type TSchema } from "typebox";

/** A schema of OpenAPI v3, as a CustomResourceDefinition may have it. */
export interface JsonSchema {
  type?: string;
  format?: string;
  title?: string;
  description?: string;
  nullable?: boolean;
  default?: unknown;
  example?: unknown;
  enum?: readonly unknown[];
  pattern?: string;
  maximum?: number;
  exclusiveMaximum?: boolean;
  minimum?: number;
  exclusiveMinimum?: boolean;
  multipleOf?: number;
  maxLength?: number;
  minLength?: number;
  maxItems?: number;
  minItems?: number;
  uniqueItems?: boolean;
  maxProperties?: number;
  minProperties?: number;
  required?: readonly string[];
  properties?: Readonly<Record<string, JsonSchema>>;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  allOf?: readonly JsonSchema[];
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  not?: JsonSchema;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: readonly string[];
  "x-kubernetes-map-type"?: string;
  "x-kubernetes-validations"?: readonly ValidationRule[];
  [keyword: string]: unknown;
}

export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** Name of the definition that a schema refers to itself by. */
const NAME = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

const ref = (description: string) =>
  Type.Optional(Type.Unsafe<JsonSchema>({ $ref: `#/definitions/${NAME}`, description }));
const refs = (description: string) =>
  Type.Optional(
    Type.Array(Type.Unsafe<JsonSchema>({ $ref: `#/definitions/${NAME}` }), {
      description,
      "x-kubernetes-list-type": "atomic",
    }),
  );
const refsByName = (description: string) =>
  Type.Optional(
    Type.Record(Type.String(), Type.Unsafe<JsonSchema>({ $ref: `#/definitions/${NAME}` }), { description }),
  );
const refOr = (other: TSchema, description: string) =>
  Type.Optional(
    Type.Unsafe({ anyOf: [other, Type.Unsafe<JsonSchema>({ $ref: `#/definitions/${NAME}` })], description }),
  );

const text = (description: string) => Type.Optional(Type.String({ description }));
const texts = (description: string) =>
  Type.Optional(Type.Array(Type.String(), { description, "x-kubernetes-list-type": "atomic" }));
const flag = (description: string) => Type.Optional(Type.Boolean({ description }));
const number = (description: string) => Type.Optional(Type.Number({ description }));
const count = (description: string) => Type.Optional(Type.Integer({ description }));
const anything = (description: string) =>
  Type.Optional(Type.Unsafe<unknown>({ description, "x-kubernetes-preserve-unknown-fields": true }));

const rule = Type.Object({
  rule: Type.String({ description: "Expression in CEL that must be true. `self` is the value." }),
  message: text("What to say when it is false."),
  messageExpression: text("Expression that gives what to say."),
  reason: text("Reason of the cause, such as FieldValueInvalid."),
  fieldPath: text("Field to name, as a path from where the rule stands."),
  optionalOldSelf: flag("Whether the rule is also asked of new values; `oldSelf` is then optional."),
});

const props = Type.Object(
  {
    type: text("Type of the value: object, array, string, integer, number or boolean."),
    format: text("What a string or number looks like, such as date-time or int32."),
    title: text("Short name of the field."),
    description: text("What the field is for; `kubectl explain` shows it."),
    nullable: flag("Whether the value may be null."),
    default: anything("Value that the server fills in when the field is left out."),
    example: anything("A value, for people."),
    enum: Type.Optional(
      Type.Array(Type.Unsafe<unknown>({ "x-kubernetes-preserve-unknown-fields": true }), {
        description: "The values that are allowed.",
        "x-kubernetes-list-type": "atomic",
      }),
    ),
    pattern: text("Regular expression that must match somewhere in a string."),
    maximum: number("Largest number."),
    exclusiveMaximum: flag("Whether the largest number itself is excluded."),
    minimum: number("Smallest number."),
    exclusiveMinimum: flag("Whether the smallest number itself is excluded."),
    multipleOf: number("The number is a multiple of this."),
    maxLength: count("Characters at most."),
    minLength: count("Characters at least."),
    maxItems: count("Items at most."),
    minItems: count("Items at least."),
    uniqueItems: flag("Whether no item may occur twice. Only false is allowed."),
    maxProperties: count("Fields at most."),
    minProperties: count("Fields at least."),
    required: texts("Fields that must be there."),
    properties: refsByName("Schema of each field."),
    additionalProperties: refOr(Type.Boolean(), "Schema of the values of a map, or true for any."),
    patternProperties: refsByName("Not allowed in a structural schema."),
    dependencies: anything("Not allowed in a structural schema."),
    additionalItems: refOr(Type.Boolean(), "Not allowed in a structural schema."),
    definitions: refsByName("Not allowed in a structural schema."),
    items: ref("Schema of the items of a list."),
    allOf: refs("Further schemas that must all hold."),
    anyOf: refs("Further schemas of which at least one must hold."),
    oneOf: refs("Further schemas of which exactly one must hold."),
    not: ref("A schema that must not hold."),
    externalDocs: Type.Optional(
      Type.Object(
        { description: text("What is to be read there."), url: text("Where it is.") },
        { description: "Where more is to be read." },
      ),
    ),
    id: text("Not allowed in a structural schema."),
    $schema: text("Dialect of the schema."),
    $ref: text("Not allowed in a structural schema."),
    "x-kubernetes-preserve-unknown-fields": flag("Whether fields that are not named here are kept."),
    "x-kubernetes-embedded-resource": flag(
      "Whether the value is an object of Kubernetes, with apiVersion, kind and metadata.",
    ),
    "x-kubernetes-int-or-string": flag("Whether the value is a whole number or a string."),
    "x-kubernetes-list-type": text("How lists are merged: atomic, set or map."),
    "x-kubernetes-list-map-keys": texts("Fields by which the items of a map list are told apart."),
    "x-kubernetes-map-type": text("How maps are merged: granular or atomic."),
    "x-kubernetes-validations": Type.Optional(
      Type.Array(rule, {
        description: "Rules in CEL.",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["rule"],
      }),
    ),
  },
  { description: "A schema." },
);

/** A schema as a field, and the definition that it refers to. */
export const jsonSchema = ref("Schema of the objects. It must be structural.");
export const jsonSchemaDefinitions = { [NAME]: props };
