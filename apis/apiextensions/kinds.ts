import type { TObject } from "typebox";
import { ALL_VERBS, apiVersionOf, type Column, type Kind, type View } from "../kind.ts";
import type { KubeObject } from "../meta.ts";
import { isTrue } from "./conditions.ts";
import type { CustomResourceDefinition, DefinedVersion } from "./customresourcedefinition.ts";
import type { JsonSchema } from "./jsonschema.ts";

/**
 * The kinds that a definition has served: one for each served version, the storage version first. None while it is
 * not Established.
 *
 * The first one stands for all: every object can be reached through it, and it has no `view`. The others show the
 * same objects with another apiVersion.
 */
export function kindsOf(definition: CustomResourceDefinition): readonly Kind[] {
  if (!isTrue(definition, "Established")) return [];
  const served = definition.spec.versions.filter(({ served }) => served);
  const ordered = [...served.filter(({ storage }) => storage), ...served.filter(({ storage }) => !storage)];
  return ordered.map((version, index) => kindOf(definition, version, index === 0));
}

function kindOf(definition: CustomResourceDefinition, version: DefinedVersion, isFirst: boolean): Kind {
  const { group, scope } = definition.spec;
  const names = { ...definition.spec.names, ...definition.status?.acceptedNames };
  const { metadata, fields } = partsOf(version.schema?.openAPIV3Schema ?? {});
  return {
    group,
    version: version.name,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    short: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === "Namespaced",
    builtIn: false,
    hasGeneration: true,
    subresources: {
      status: version.subresources?.status !== undefined,
      log: false,
      ...(version.subresources?.scale && { scale: version.subresources.scale }),
    },
    ...(!isFirst && { view: viewOf(definition, version.name) }),
    verbs: ALL_VERBS,
    schema: fields as unknown as TObject,
    columns: columnsOf(version),
    selectableFields: Object.fromEntries(
      (version.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.slice(1), jsonPath]),
    ),
    description: version.schema?.openAPIV3Schema?.description ?? "",
    custom: {
      definition: { uid: definition.metadata.uid ?? "", generation: definition.metadata.generation ?? 1 },
      ...(metadata && { metadata }),
      ...(version.deprecated && { deprecationWarning: deprecationOf(definition, version) }),
      isTerminating: isTrue(definition, "Terminating"),
    },
  };
}

/** What a schema says of metadata, and what it says of everything that a writer decides. */
function partsOf(schema: JsonSchema): { metadata: JsonSchema | undefined; fields: JsonSchema } {
  const { properties, required = [], ...rest } = schema;
  const { apiVersion: _, kind: __, metadata, ...own } = properties ?? {};
  const needed = required.filter((name) => !ALWAYS_THERE.has(name));
  const fields = {
    ...rest,
    ...(needed.length > 0 && { required: needed }),
    ...(properties && { properties: own }),
  };
  return { metadata, fields };
}

const ALWAYS_THERE = new Set(["apiVersion", "kind", "metadata"]);

/** Shows what is stored as this version, and stores as the storage version. */
function viewOf({ spec: { group, names, versions } }: CustomResourceDefinition, version: string): View {
  const storage = versions.find(({ storage }) => storage)?.name ?? version;
  return {
    of: { group, plural: names.plural },
    read: withVersion(apiVersionOf({ group, version })),
    write: withVersion(apiVersionOf({ group, version: storage })),
  };
}

const withVersion = (apiVersion: string) => (object: KubeObject) =>
  object.apiVersion === apiVersion ? object : { ...object, apiVersion };

const AGE: Column = {
  name: "Age",
  type: "date",
  path: ".metadata.creationTimestamp",
  description: "When the object was created.",
};

const columnsOf = ({ additionalPrinterColumns }: DefinedVersion): readonly Column[] =>
  additionalPrinterColumns?.map(({ name, type, jsonPath, description, priority }) => ({
    name,
    type: type as Column["type"],
    path: jsonPath,
    ...(description !== undefined && { description }),
    ...(priority !== undefined && { priority }),
  })) ?? [AGE];

const deprecationOf = ({ spec }: CustomResourceDefinition, version: DefinedVersion): string =>
  version.deprecationWarning ?? `${spec.group}/${version.name} ${spec.names.kind} is deprecated`;
