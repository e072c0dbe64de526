import { isReason } from "../../apis/errors.ts";
import { usageError } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import type { Session } from "../connect/session.ts";
import { printerOf, type ObjectPrinter, type Typed } from "../print/objects.ts";
import { TablePrinter, type Table, type TableStyle } from "../print/table.ts";
import type { Selection } from "../resources/select.ts";
import type { ResourceType } from "../resources/types.ts";
import { fetchObjects, fetchTables, type Fetched, type FetchOptions } from "./fetch.ts";
import { queryFrom, type Query } from "./query.ts";

/** One `get`: what it is about, and how it is shown. */
export interface Request {
  session: Session;
  options: Options;
  selections: readonly Selection[];
  query: Query & FetchOptions;
  /** Undefined for tables. */
  printer: ObjectPrinter | undefined;
}

/** What was shown of one kind: a watch goes on from there. */
export interface Shown {
  selection: Selection;
  table: TablePrinter;
  resourceVersion: string | undefined;
}

export async function requestOf(
  session: Session,
  options: Options,
  selections: readonly Selection[],
): Promise<Request> {
  const printer = await printerOf(options.text("output") ?? "", {
    noHeaders: options.flag("no-headers"),
    managedFields: options.flag("show-managed-fields"),
  });
  const query = queryFrom(options, session);
  const named = selections.some(({ names }) => names);
  if (named && (query.labelSelector ?? query.fieldSelector)) {
    throw usageError("give names or a selector, not both");
  }
  if (named && query.namespace === undefined) {
    throw usageError("a resource cannot be retrieved by name across all namespaces");
  }
  const sortBy = options.has("sort-by") ? ({ includeObject: "Object" } as const) : {};
  const chunkSize = options.integer("chunk-size") ?? 500;
  return { session, options, selections, printer, query: { ...query, chunkSize, ...sortBy } };
}

/** Shows what there is. @returns what a watch needs, and the errors about what is missing. */
export async function show(request: Request): Promise<{ shown: Shown[]; missing: Error[] }> {
  return request.printer ? showObjects(request, request.printer) : showTables(request);
}

async function showTables(request: Request): Promise<{ shown: Shown[]; missing: Error[] }> {
  const { session, options, selections, query } = request;
  const fetched = await Promise.all(
    selections.map((selection) => fetchIfServed(session, selection, query, selections.length > 1)),
  );
  const filled = fetched.filter(({ parts }) => parts.some(({ rows }) => rows?.length));
  const shown: Shown[] = [];
  for (const [i, found] of fetched.entries()) {
    const selection = selections[i]!;
    const table = new TablePrinter(styleOf(options, selection.type, selections.length > 1));
    const parts = options.flag("watch-only") ? [] : await ordered(found.parts, options);
    const text = parts.map((part) => table.print(part)).join("");
    if (text) out(filled.indexOf(found) > 0 ? `\n${text}` : text);
    shown.push({ selection, table, resourceVersion: found.resourceVersion });
  }
  const missing = fetched.flatMap(({ missing }) => missing);
  if (filled.length === 0 && missing.length === 0) sayNothingFound(request);
  return { shown, missing };
}

async function ordered(parts: Table[], options: Options): Promise<Table[]> {
  const sortBy = options.text("sort-by");
  if (sortBy === undefined) return parts;
  const { sortedTable } = await import("./sort.ts");
  return sortedTable(parts, sortBy);
}

/** One kind of several that is gone meanwhile, or cannot be listed, does not spoil the others. */
async function fetchIfServed(
  session: Session,
  selection: Selection,
  query: Query & FetchOptions,
  isOneOfMany: boolean,
): Promise<Fetched<Table>> {
  try {
    return await fetchTables(session, selection, query);
  } catch (error) {
    const isMissing = isReason(error, "NotFound") || isReason(error, "MethodNotAllowed");
    if (!isOneOfMany || !isMissing) throw error;
    return { parts: [], missing: [error], resourceVersion: undefined };
  }
}

export function styleOf(options: Options, type: ResourceType, isOneOfMany: boolean): TableStyle {
  const withKind = isOneOfMany || options.flag("show-kind");
  return {
    wide: options.text("output") === "wide",
    noHeaders: options.flag("no-headers"),
    withNamespace: options.flag("all-namespaces") && type.namespaced,
    withEvents: options.flag("output-watch-events"),
    showLabels: options.flag("show-labels"),
    labels: options.all("label-columns").flatMap((labels) => labels.split(",")),
    prefix: withKind ? `${type.group ? `${type.singular}.${type.group}` : type.singular}/` : "",
  };
}

async function showObjects(
  { session, options, selections, query }: Request,
  print: ObjectPrinter,
): Promise<{ shown: Shown[]; missing: Error[] }> {
  const fetched = await Promise.all(selections.map((selection) => fetchObjects(session, selection, query)));
  let items: Typed[] = fetched.flatMap(({ parts }, i) =>
    parts.map((object) => ({ type: selections[i]!.type, object })),
  );
  const sortBy = options.text("sort-by");
  if (sortBy !== undefined) {
    const { objectOrder } = await import("./sort.ts");
    const order = objectOrder(sortBy);
    items = items.toSorted((a, b) => order(a.object, b.object));
  }
  const missing = fetched.flatMap(({ missing }) => missing);
  const isSingle = selections.length === 1 && selections[0]!.names?.length === 1;
  const isNothing = items.length === 0 && (isSingle || missing.length > 0);
  if (!isNothing && !options.flag("watch-only")) out(await print(items, isSingle));
  const shown = selections.map((selection, i) => ({
    selection,
    table: new TablePrinter({}),
    resourceVersion: fetched[i]!.resourceVersion,
  }));
  return { shown, missing };
}

function sayNothingFound({ options, selections, query }: Request): void {
  if (options.flag("ignore-not-found") || options.flag("watch-only")) return;
  const isInNamespace = query.namespace !== undefined && selections.some(({ type }) => type.namespaced);
  say(isInNamespace ? `No resources found in ${query.namespace} namespace.` : "No resources found");
}
