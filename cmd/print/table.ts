import type { KubeObject } from "../../apis/meta.ts";
import { sanitize } from "../cli/sanitize.ts";
import { Columns } from "./columns.ts";

export interface TableColumn {
  name: string;
  type: string;
  priority?: number;
}

export interface TableRow {
  cells: unknown[];
  object?: KubeObject;
}

/** `meta.k8s.io/v1 Table`: rows as the server words them. */
export interface Table {
  kind: "Table";
  metadata?: { resourceVersion?: string; continue?: string };
  columnDefinitions?: TableColumn[];
  rows?: TableRow[];
}

export interface TableStyle {
  wide?: boolean;
  noHeaders?: boolean;
  withNamespace?: boolean;
  withEvents?: boolean;
  showLabels?: boolean;
  /** Labels to show as columns. */
  labels?: readonly string[];
  /** Put before each name, as `localprocess.tiltish.dev/`. */
  prefix?: string;
}

/** Writes the tables of one kind, the first with headers. */
export class TablePrinter {
  readonly #style: TableStyle;
  readonly #columns = new Columns();
  #definitions: readonly TableColumn[] = [];
  #hasHeaders = false;

  constructor(style: TableStyle) {
    this.#style = style;
  }

  /** The table as text. `event` is the kind of change, where it is one of a watch. */
  print(table: Table, event = ""): string {
    // A watch says what its columns are only once.
    if (table.columnDefinitions?.length) this.#definitions = table.columnDefinitions;
    const rows = (table.rows ?? []).map((row) => this.#row(row, event));
    const isFirst = !this.#hasHeaders && !this.#style.noHeaders && rows.length > 0;
    if (isFirst) this.#hasHeaders = true;
    return this.#columns.format(isFirst ? [this.#headers(), ...rows] : rows);
  }

  #headers(): string[] {
    const { withEvents, withNamespace, labels = [], showLabels } = this.#style;
    return [
      ...(withEvents ? ["EVENT"] : []),
      ...(withNamespace ? ["NAMESPACE"] : []),
      ...this.#shown().map(({ column }) => column.name.toUpperCase()),
      ...labels.map((label) => label.split("/").at(-1)!.toUpperCase()),
      ...(showLabels ? ["LABELS"] : []),
    ];
  }

  #row({ cells, object }: TableRow, event: string): string[] {
    const { withEvents, withNamespace, labels = [], showLabels, prefix = "" } = this.#style;
    const { namespace = "", labels: own } = object?.metadata ?? {};
    return [
      ...(withEvents ? [event] : []),
      ...(withNamespace ? [namespace] : []),
      ...this.#shown().map(({ column, index }) =>
        column.name === "Name" ? prefix + textOf(cells[index]) : textOf(cells[index]),
      ),
      ...labels.map((label) => own?.[label] ?? ""),
      ...(showLabels ? [labelsOf(own)] : []),
    ];
  }

  #shown() {
    return this.#definitions
      .map((column, index) => ({ column, index }))
      .filter(({ column }) => this.#style.wide || !column.priority);
  }
}

/** One line, as kubectl cuts it. */
function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  const text = typeof cell === "string" ? cell : JSON.stringify(cell);
  const end = text.search(/[\f\n\r]/);
  return sanitize(end < 0 ? text : `${text.slice(0, end)}...`);
}

export function labelsOf(labels: Record<string, string> | undefined): string {
  const entries = Object.entries(labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length ? entries.map(([key, value]) => `${key}=${value}`).join(",") : "<none>";
}
