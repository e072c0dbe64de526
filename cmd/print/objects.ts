import { readFileSync } from "node:fs";
import type { KubeObject } from "../../apis/meta.ts";
import { usageError } from "../cli/errors.ts";
import { sorted } from "./sorted.ts";
import { toYaml } from "./yaml.ts";
import { qualifiedName, type ResourceType } from "../resources/types.ts";

/** An object, and the kind that it is of. */
export interface Typed {
  type: ResourceType;
  object: KubeObject;
}

/** Writes objects in one of the formats that are not tables. Several at once become one List. */
export type ObjectPrinter = (items: readonly Typed[], single: boolean) => string | Promise<string>;

interface Style {
  noHeaders?: boolean;
  managedFields?: boolean;
}

/**
 * The printer of `-o FORMAT`; undefined for a table.
 *
 * @throws CliError with exit code 2 for a format that does not exist.
 */
export async function printerOf(format: string, style: Style = {}): Promise<ObjectPrinter | undefined> {
  const [name, ...rest] = format.split("=");
  const argument = rest.join("=");
  const clean = ({ object }: Typed) => (style.managedFields ? object : withoutManagedFields(object));
  switch (name) {
    case "":
    case "wide":
      return undefined;
    case "json":
      return (items, single) =>
        `${JSON.stringify(sorted(document(items.map(clean), single)), undefined, 4)}\n`;
    case "yaml":
      return (items, single) => toYaml(document(items.map(clean), single));
    case "name":
      return (items) =>
        items.map(({ type, object }) => `${qualifiedName(type, object.metadata.name)}\n`).join("");
    case "jsonpath":
    case "jsonpath-file":
    case "jsonpath-as-json":
      return jsonpathPrinter(name, name === "jsonpath-file" ? fileText(argument) : argument);
    case "custom-columns":
    case "custom-columns-file":
      return columnsPrinter(name.endsWith("-file") ? columnsInFile(argument) : argument, style);
    default:
      throw usageError(
        `-o ${format}: unknown format; there are wide, yaml, json, name, jsonpath=TEMPLATE and custom-columns=SPEC`,
      );
  }
}

function document(objects: KubeObject[], single: boolean): unknown {
  if (single) return objects[0];
  return { apiVersion: "v1", items: objects, kind: "List", metadata: { resourceVersion: "" } };
}

async function jsonpathPrinter(name: string, template: string): Promise<ObjectPrinter> {
  if (!template) throw usageError(`-o ${name} needs a template: -o jsonpath='{.metadata.name}'`);
  const { parseTemplate, render, valuesAt } = await import("./jsonpath/index.ts");
  const parts = parseTemplate(template.includes("{") ? template : `{${template}}`);
  return (items, single) => {
    const root = document(
      items.map(({ object }) => object),
      single,
    );
    if (name !== "jsonpath-as-json") return render(parts, root);
    const values = parts.flatMap((part) => (part.type === "path" ? valuesAt(part.steps, root) : []));
    return `${JSON.stringify(values, undefined, 4)}\n`;
  };
}

async function columnsPrinter(spec: string, style: Style): Promise<ObjectPrinter> {
  if (!spec) throw usageError("-o custom-columns needs columns: -o custom-columns=NAME:.metadata.name");
  const { customColumns } = await import("./custom-columns.ts");
  const print = customColumns(spec, style);
  return (items) => print(items.map(({ object }) => object));
}

/** Two lines: headers, and paths below them. */
function columnsInFile(path: string): string {
  const [headers = [], paths = []] = fileText(path)
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return headers.map((header, i) => `${header}:${paths[i] ?? ""}`).join(",");
}

function fileText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw usageError(`cannot read ${path}`);
  }
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
