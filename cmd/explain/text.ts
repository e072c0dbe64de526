import type { ResourceType } from "../resources/types.ts";
import { fieldAt, inside, referenceOf, typeName, type Schema, type SchemaDocument } from "./schema.ts";

interface Question {
  fields: readonly string[];
  recursive: boolean;
}

const WIDTH = 80;

/** What `kubectl explain` would print. */
export function explainText(
  type: ResourceType,
  document: SchemaDocument,
  { fields, recursive }: Question,
): string {
  const { schema, own } = fieldAt(document, fields);
  const heading = [
    ...(type.group ? [`GROUP:      ${type.group}`] : []),
    `KIND:       ${type.kind}`,
    `VERSION:    ${type.version}`,
    "",
    ...(fields.length ? [`FIELD: ${fields.at(-1)} <${typeName(own)}>`, ""] : []),
  ];
  const description = ["DESCRIPTION:", ...wrapped(schema.description || "<empty>", 4), ""];
  const { properties = {}, required = [] } = inside(schema, document);
  const listing = Object.keys(properties).length
    ? ["FIELDS:", ...fieldLines(properties, required, { document, recursive, depth: 1, within: [] }), ""]
    : [];
  return `${[...heading, ...description, ...listing].join("\n")}\n`;
}

interface Listing {
  document: SchemaDocument;
  recursive: boolean;
  depth: number;
  /** The definitions that this one is within. */
  within: readonly string[];
}

function fieldLines(
  properties: Record<string, Schema>,
  required: readonly string[],
  listing: Listing,
): string[] {
  return Object.keys(properties)
    .toSorted()
    .flatMap((name) => linesOf(name, properties[name]!, { ...listing, isRequired: required.includes(name) }));
}

function linesOf(name: string, schema: Schema, listing: Listing & { isRequired: boolean }): string[] {
  const { document, recursive, depth, within, isRequired } = listing;
  const indent = "  ".repeat(depth);
  const title = `${indent}${name}\t<${typeName(schema)}>${isRequired ? " -required-" : ""}`;
  const choices = schema.enum ? [`${indent}enum: ${schema.enum.join(", ")}`] : [];
  if (!recursive) {
    const text = wrapped(schema.description || "<no description>", depth * 2 + 2);
    return [title, ...choices, ...text, ""];
  }
  const reference = referenceOf(schema);
  // A definition may refer to itself.
  if (reference !== undefined && within.includes(reference)) return [title, ...choices];
  const { properties = {}, required = [] } = inside(schema, document);
  const below = fieldLines(properties, required, {
    ...listing,
    depth: depth + 1,
    within: reference === undefined ? within : [...within, reference],
  });
  return [title, ...choices, ...below];
}

function wrapped(text: string, indent: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line && indent + line.length + 1 + word.length > WIDTH) {
        lines.push(line);
        line = word;
      } else line = line ? `${line} ${word}` : word;
    }
    lines.push(line);
  }
  return lines.map((line) => " ".repeat(indent) + line);
}
