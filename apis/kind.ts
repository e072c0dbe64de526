import { Type, type Static, type TObject, type TProperties, type TSchema } from "typebox";
import type { FieldError } from "./errors.ts";
import { described, GROUP, VERSION, type KubeObject, type ObjectMeta } from "./meta.ts";
import type { ResourceRef } from "./transport.ts";

/** A column of `kubectl get`, as in a CustomResourceDefinition's `additionalPrinterColumns`. */
export interface Column {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date";
  /**
   * Where the value is: `.status.pid`, `.status.conditions[?(@.type=="Ready")].status`, or a function of the object
   * and of the present time in milliseconds.
   */
  path: string | ((object: never, nowMs: number) => string | number | boolean | null | undefined);
  description?: string;
  /** Above 0: shown only with `-o wide`. */
  priority?: number;
}

/** Where the `scale` subresource finds its numbers, as `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** Objects that are stored as those of another kind, or of another version of the same kind. */
export interface View {
  /** What they are stored as. */
  readonly of: { readonly group: string; readonly plural: string };
  /** What was written after this revision is shown as it is stored; absent: nothing is. */
  readonly since?: number;
  /** What is shown changes while what is stored does not: it is made anew for everyone who asks. */
  readonly isVolatile?: boolean;
  /** What is shown of a stored object, which is frozen; the same object if nothing is to be changed. Never throws. */
  read(stored: KubeObject): KubeObject;
  /** What to store. Absent: the view is for reading only, and `verbs` says so. */
  write?(object: KubeObject, stored: KubeObject | undefined): KubeObject;
}

export interface KindNames {
  kind: string;
  plural: string;
  short?: string[];
  categories?: string[];
}

/** What only the kinds of CustomResourceDefinitions have. */
export interface CustomKind {
  /** What it was made from: which definition, and which state of its spec. */
  readonly definition: { readonly uid: string; readonly generation: number };
  /** What the schema asks of metadata, beyond what is asked of all: of its name and generateName. */
  readonly metadata?: object;
  /** What who uses a deprecated version is told. */
  readonly deprecationWarning?: string;
  /** The definition is being deleted: no more objects are taken. */
  readonly isTerminating: boolean;
}

/** Everything that the server, the client and the docs know about a kind. */
export interface Kind<Fields extends TProperties = TProperties> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Kind of lists of them; absent: the kind followed by `List`. */
  readonly listKind?: string | undefined;
  readonly plural: string;
  readonly singular: string;
  readonly short: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Built into Kubernetes, and therefore held to the rules of built-ins rather than of custom resources. */
  readonly builtIn: boolean;
  /** Whether `metadata.generation` is kept. */
  readonly hasGeneration: boolean;
  /** Whether a replacement need not say which state it replaces. */
  readonly unconditionalUpdate?: boolean | undefined;
  /** Whether a PUT of what is not there creates it. */
  readonly createOnUpdate?: boolean | undefined;
  readonly subresources: {
    readonly status: boolean;
    readonly log: boolean;
    /** Whether people can ask it to run. */
    readonly trigger?: boolean | undefined;
    /** Whether `spec.finalizers` hold it as well; they are changed here alone. */
    readonly finalize?: boolean | undefined;
    readonly scale?: ScalePaths | undefined;
    /** Those that clients know and that are not there: name → why, and what to do instead. */
    readonly missing?: Readonly<Record<string, string>> | undefined;
  };
  /** Absent for kinds that are stored as what they are. */
  readonly view?: View | undefined;
  readonly verbs: readonly string[];
  /** Present in kinds of CustomResourceDefinitions, whose `schema` is a structural one, in OpenAPI v3. */
  readonly custom?: CustomKind | undefined;
  /**
   * Everything but apiVersion, kind and metadata. What refers to itself does so by `$ref: "#/definitions/NAME"`, and
   * is in `definitions`.
   */
  readonly schema: TObject<Fields>;
  readonly columns: readonly Column[];
  readonly selectableFields: SelectableFields;
  readonly description: string;
  /** Rules that the schema cannot say. Paths as in `spec.argv[0]`. */
  validate?(object: ObjectOf<Kind<Fields>>): FieldError[];
  /** Rules about what a write changes; `old` is absent for a create. Both have passed the schema. */
  validateChange?(object: ObjectOf<Kind<Fields>>, old: ObjectOf<Kind<Fields>> | undefined): FieldError[];
}

/**
 * Fields that a field selector may ask for beside metadata.name and metadata.namespace: label → path, or several
 * paths of which the first that leads to something counts.
 */
export type SelectableFields = Readonly<Record<string, string | readonly string[]>>;

/** Whether its objects can only be read. */
export const isReadOnly = ({ verbs }: Pick<Kind, "verbs">): boolean => !verbs.includes("create");

/** The TypeScript type of the objects of a kind. */
export type ObjectOf<K> =
  K extends Kind<infer Fields>
    ? { apiVersion: string; kind: string; metadata: ObjectMeta } & Static<TObject<Fields>>
    : never;

/** What a writer gives: fields with a default may be left out; the server says what else is missing. */
export type InputOf<T> = T extends readonly (infer Item)[]
  ? readonly InputOf<Item>[]
  : T extends object
    ? { readonly [Field in keyof T]?: InputOf<T[Field]> }
    : T;

export type SpecOf<K> = ObjectOf<K> extends { spec: infer Spec } ? Spec : never;
export type StatusOf<K> = ObjectOf<K> extends { status?: infer Status } ? NonNullable<Status> : never;

interface KindOptions<Spec extends TObject, Status extends TObject> {
  names: KindNames;
  description: string;
  spec: Spec;
  status: Status;
  columns: Column[];
  log?: boolean;
  trigger?: boolean;
  selectableFields?: SelectableFields;
  validate?: (object: { metadata: ObjectMeta; spec: Static<Spec> }) => FieldError[];
}

/** The verbs of what clients may only read. */
export const READ_VERBS = ["get", "list", "watch"] as const;
export const ALL_VERBS = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
] as const;

/** A kind of ours: namespaced, with spec and a status subresource. */
export function defineKind<const Spec extends TObject, const Status extends TObject>(
  options: KindOptions<Spec, Status>,
) {
  return buildKind({
    ...options,
    group: GROUP,
    version: VERSION,
    names: { ...options.names, categories: ["all", "tiltish"] },
    fields: {
      spec: described(options.spec, "What should be."),
      status: Type.Optional(described(options.status, "What is, as its controller sees it.")),
    },
    namespaced: true,
    builtIn: false,
    hasGeneration: true,
    statusSubresource: true,
  });
}

interface BuiltInOptions<Fields extends TProperties> {
  group: string;
  version: string;
  names: KindNames;
  description: string;
  fields: Fields;
  namespaced: boolean;
  columns: Column[];
  hasGeneration?: boolean;
  statusSubresource?: boolean;
  /** Default: true. */
  unconditionalUpdate?: boolean;
  createOnUpdate?: boolean;
  /** Whether it has a `finalize` subresource, which alone changes `spec.finalizers`. */
  finalize?: boolean;
  /** All, unless given. */
  verbs?: readonly string[];
  selectableFields?: SelectableFields;
  /** What schemas refer to by `#/definitions/NAME`. */
  definitions?: Record<string, TSchema>;
  log?: boolean;
  trigger?: boolean;
  missing?: Record<string, string>;
  view?: View;
  validate?: (object: ObjectOf<Kind<Fields>>) => FieldError[];
  validateChange?: (object: ObjectOf<Kind<Fields>>, old: ObjectOf<Kind<Fields>> | undefined) => FieldError[];
}

/** A kind of Kubernetes that we serve as Kubernetes does. */
export const defineBuiltIn = <const Fields extends TProperties>(options: BuiltInOptions<Fields>) =>
  buildKind({
    ...options,
    builtIn: true,
    hasGeneration: options.hasGeneration ?? false,
    statusSubresource: options.statusSubresource ?? false,
  });

interface BuildOptions<Fields extends TProperties> extends Omit<
  BuiltInOptions<Fields>,
  "validate" | "validateChange"
> {
  builtIn: boolean;
  hasGeneration: boolean;
  statusSubresource: boolean;
  validate?: unknown;
  validateChange?: unknown;
}

function buildKind<Fields extends TProperties>(options: BuildOptions<Fields>): Kind<Fields> {
  const { names, fields, description } = options;
  return {
    group: options.group,
    version: options.version,
    kind: names.kind,
    plural: names.plural,
    singular: names.kind.toLowerCase(),
    short: names.short ?? [],
    categories: names.categories ?? [],
    namespaced: options.namespaced,
    builtIn: options.builtIn,
    unconditionalUpdate: options.unconditionalUpdate ?? options.builtIn,
    createOnUpdate: options.createOnUpdate,
    hasGeneration: options.hasGeneration,
    subresources: {
      status: options.statusSubresource,
      log: options.log ?? false,
      ...(options.trigger && { trigger: true }),
      ...(options.finalize && { finalize: true }),
      missing: options.missing,
    },
    view: options.view,
    verbs: options.verbs ?? ALL_VERBS,
    schema: Type.Object(fields, {
      description,
      ...(options.definitions && { definitions: options.definitions }),
    }),
    columns: options.columns,
    selectableFields: options.selectableFields ?? {},
    description,
    validate: options.validate as Kind<Fields>["validate"],
    validateChange: options.validateChange as Kind<Fields>["validateChange"],
  };
}

/** Kind of lists of a kind. */
export const listKindOf = ({ kind, listKind = `${kind}List` }: Pick<Kind, "kind" | "listKind">): string =>
  listKind;

/** `tiltish.dev/v1alpha1`, or `v1` for the core group. */
export const apiVersionOf = ({ group, version }: Pick<ResourceRef, "group" | "version">): string =>
  group ? `${group}/${version}` : version;
