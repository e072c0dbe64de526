import type { Kind } from "../../apis/kind.ts";
import type { KubeObject, ListMeta } from "../../apis/meta.ts";
import { columnsOf, type Cell, type ColumnDefinition } from "./columns.ts";
import { META_VERSION, partialObjectMetadata } from "./partial.ts";

export { partialObjectMetadata, partialObjectMetadataList } from "./partial.ts";
export { columnPathProblem } from "./path.ts";

/** How much of each object its row carries. */
export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableOptions {
  includeObject: IncludeObject;
  /** Of the list. For a single object: its own resourceVersion. */
  metadata?: ListMeta;
  /** False for all but the first event of a watch: clients keep the columns that they were told. */
  withColumns?: boolean;
  /** What ages are counted from, in milliseconds. */
  now?: number;
}

interface Row {
  cells: Cell[];
  object?: object;
}

export interface Table {
  kind: "Table";
  apiVersion: typeof META_VERSION;
  metadata: ListMeta;
  columnDefinitions: readonly ColumnDefinition[] | null;
  rows: Row[];
}

/** The rows of `kubectl get`: `meta.k8s.io/v1 Table`. */
export function tableOf(kind: Kind, objects: readonly KubeObject[], options: TableOptions): Table {
  const { includeObject, metadata = metadataOf(objects), withColumns = true, now = Date.now() } = options;
  const columns = columnsOf(kind);
  return {
    kind: "Table",
    apiVersion: META_VERSION,
    metadata,
    columnDefinitions: withColumns ? columns.definitions : null,
    rows: objects.map((object) => ({ cells: columns.cells(object, now), ...carried(object, includeObject) })),
  };
}

function metadataOf(objects: readonly KubeObject[]): ListMeta {
  const resourceVersion = objects.length === 1 ? objects[0]!.metadata.resourceVersion : undefined;
  return resourceVersion === undefined ? {} : { resourceVersion };
}

function carried(object: KubeObject, includeObject: IncludeObject): { object?: object } {
  if (includeObject === "None") return {};
  return { object: includeObject === "Object" ? object : partialObjectMetadata(object) };
}
