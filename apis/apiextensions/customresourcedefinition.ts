import { Type, type Static } from "typebox";
import { defineBuiltIn, type ObjectOf } from "../kind.ts";
import { described, Enum, ListMap, Time } from "../meta.ts";
import { jsonSchema, jsonSchemaDefinitions } from "./jsonschema.ts";

const text = (description: string) => Type.Optional(Type.String({ description }));
const texts = (description: string) =>
  Type.Optional(Type.Array(Type.String(), { description, "x-kubernetes-list-type": "atomic" }));

const Names = Type.Object({
  plural: Type.String({ description: "Name in the URL: lower case, plural." }),
  singular: text("Lower-case name for the command line. Default: the kind in lower case."),
  shortNames: texts("Short names for the command line."),
  kind: Type.String({ description: "Kind of the objects, in CamelCase." }),
  listKind: text("Kind of lists of them. Default: the kind followed by List."),
  categories: texts("Groups of resources that they belong to, such as all."),
});

const Column = Type.Object({
  name: Type.String({ description: "Title of the column." }),
  type: Type.String({ description: "integer, number, string, boolean or date." }),
  format: text("What the value looks like, such as int32 or date-time."),
  description: text("What the column shows."),
  priority: Type.Optional(Type.Integer({ description: "Above 0: shown with `-o wide` only." })),
  jsonPath: Type.String({ description: "Where the value is, such as `.status.phase`." }),
});

const Scale = Type.Object({
  specReplicasPath: Type.String({ description: "Where the wanted number is, below `.spec`." }),
  statusReplicasPath: Type.String({ description: "Where the actual number is, below `.status`." }),
  labelSelectorPath: text("Where the selector of what is counted is, below `.spec` or `.status`."),
});

const Version = Type.Object({
  name: Type.String({ description: "Name of the version, such as v1beta1." }),
  served: Type.Boolean({ description: "Whether it can be reached." }),
  storage: Type.Boolean({ description: "Whether objects are stored as this version; exactly one is." }),
  deprecated: Type.Optional(Type.Boolean({ description: "Whether who uses it is warned." })),
  deprecationWarning: text("What the warning says."),
  schema: Type.Optional(
    Type.Object({ openAPIV3Schema: jsonSchema }, { description: "What its objects look like." }),
  ),
  subresources: Type.Optional(
    Type.Object(
      {
        status: Type.Optional(Type.Object({}, { description: "Serves `/status`, which alone writes it." })),
        scale: Type.Optional(described(Scale, "Serves `/scale`.")),
      },
      { description: "What is served below each object." },
    ),
  ),
  additionalPrinterColumns: Type.Optional(
    Type.Array(Column, {
      description: "What `kubectl get` prints beside the name.",
      "x-kubernetes-list-type": "atomic",
    }),
  ),
  selectableFields: Type.Optional(
    Type.Array(
      Type.Object({ jsonPath: Type.String({ description: "Where the field is, such as `.spec.color`." }) }),
      { description: "Fields that field selectors may ask for.", "x-kubernetes-list-type": "atomic" },
    ),
  ),
});

const Condition = Type.Object({
  type: Type.String({ description: "Established, NamesAccepted, Terminating and the like." }),
  status: Enum(["True", "False", "Unknown"], { description: "Whether it holds." }),
  lastTransitionTime: Type.Optional(Time({ description: "When status last changed." })),
  reason: text("One CamelCase word that programs can ask for."),
  message: text("The same for people."),
});

const spec = Type.Object({
  group: Type.String({ description: "Group of the API, such as example.com." }),
  names: described(Names, "What the objects are called."),
  scope: Enum(["Namespaced", "Cluster"], { description: "Whether objects live in namespaces." }),
  versions: Type.Array(Version, {
    description: "The versions of the API.",
    "x-kubernetes-list-type": "atomic",
  }),
  conversion: Type.Optional(
    Type.Object(
      {
        strategy: Type.String({ description: "None: only apiVersion differs. Webhooks are not served." }),
        webhook: Type.Optional(
          Type.Unsafe<unknown>({
            description: "Not served.",
            "x-kubernetes-preserve-unknown-fields": true,
          }),
        ),
      },
      { description: "How objects are brought from one version to another." },
    ),
  ),
  preserveUnknownFields: Type.Optional(Type.Boolean({ description: "Only false is allowed." })),
});

const status = Type.Object({
  conditions: Type.Optional(
    ListMap(Condition, ["type"], { description: "Whether the names are accepted and the kind is served." }),
  ),
  acceptedNames: Type.Optional(
    described(
      Type.Object({
        plural: text("Name in the URL."),
        singular: text("Name for the command line."),
        shortNames: texts("Short names."),
        kind: text("Kind of the objects."),
        listKind: text("Kind of lists."),
        categories: texts("Groups of resources."),
      }),
      "The names under which it is served.",
    ),
  ),
  storedVersions: texts("Versions in which objects may be stored."),
});

/** Holds a definition until all its objects are gone. The server sets it; its controller takes it away. */
export const CUSTOM_RESOURCE_CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

/** Defines a kind of the user's own, which is served at once. */
export const CustomResourceDefinition = defineBuiltIn({
  group: "apiextensions.k8s.io",
  version: "v1",
  names: {
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    short: ["crd", "crds"],
    categories: ["api-extensions"],
  },
  description: "Defines a kind of your own, which is served at once.",
  namespaced: false,
  unconditionalUpdate: false,
  hasGeneration: true,
  statusSubresource: true,
  definitions: jsonSchemaDefinitions,
  fields: {
    spec: described(spec, "The kind, its versions and their schemas."),
    status: Type.Optional(described(status, "What is served of it.")),
  },
  columns: [{ name: "Created At", path: ".metadata.creationTimestamp", type: "string" }],
});
export type CustomResourceDefinition = ObjectOf<typeof CustomResourceDefinition>;
export type DefinedVersion = CustomResourceDefinition["spec"]["versions"][number];
export type DefinedNames = Static<typeof Names>;
export type DefinitionCondition = Static<typeof Condition>;
