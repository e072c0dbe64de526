import { anchorOf, code, prose, tableOf } from "./markdown.ts";
import { mapOf, requiredOf, type Schema } from "./schema.ts";

/** Where the fields of a shape are told: the heading, or a link to another page. */
export type Links = Map<string, string>;

interface Section {
  readonly heading: string;
  readonly schema: Schema;
}

/**
 * A heading and a table for every object below `schema`, depth first. A shape that occurs again is told once, and
 * linked to; `links` holds those that are told elsewhere.
 */
export function fieldSections(schema: Schema, elsewhere: Links): string {
  const links = new Map(elsewhere);
  const sections = sectionsOf({ heading: "Fields", schema }, "", links);
  return sections.map(({ heading, schema }) => sectionOf(heading, schema, links)).join("\n\n");
}

/** Two schemas of one shape differ at most in what they say about themselves. */
export function shapeOf({ description: _, default: __, ...shape }: Schema): string {
  return JSON.stringify(shape);
}

function sectionsOf(section: Section, path: string, links: Links): Section[] {
  return [
    section,
    ...Object.entries(section.schema.properties ?? {}).flatMap(([name, field]) => {
      const target = objectIn(field);
      if (!target || links.has(shapeOf(target))) return [];
      const heading = path ? `${path}.${name}` : name;
      links.set(shapeOf(target), `#${anchorOf(heading)}`);
      return sectionsOf({ heading, schema: target }, heading, links);
    }),
  ];
}

/** The object that a field holds, or a list or map of. */
function objectIn(field: Schema): Schema | undefined {
  if (field.properties) return field;
  const inner = field.items ?? mapOf(field)?.values;
  return inner && objectIn(inner);
}

function sectionOf(heading: string, schema: Schema, links: Links): string {
  const level = heading === "Fields" ? 2 : Math.min(3 + heading.split(".").length - 1, 5);
  const required = new Set(requiredOf(schema));
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    `${code(name)}${required.has(name) ? " **required**" : ""}`,
    typeOf(field, links),
    defaultOf(field),
    prose(describe(field)),
  ]);
  const title = heading === "Fields" ? heading : code(heading);
  const said = heading === "Fields" ? "" : `\n\n${prose(schema.description ?? "")}`;
  return `${"#".repeat(level)} ${title}${said.trimEnd()}\n\n${tableOf(["Field", "Type", "Default", "Description"], rows)}`;
}

function typeOf(field: Schema, links: Links): string {
  const target = objectIn(field);
  const link = target && links.get(shapeOf(target));
  const name = nameOf(field);
  return link ? `[${name}](${link})` : name;
}

function nameOf(field: Schema): string {
  if (field.items) return `list of ${nameOf(field.items)}`;
  if (field.enum) return field.enum.map((value) => code(value)).join(", ");
  if (field.anyOf) return field.anyOf.map(nameOf).join(" or ");
  const map = mapOf(field);
  if (map) return `map of ${nameOf(map.values)}`;
  if (field.format === "duration" || field.format === "regex") return field.format;
  return field.format === "date-time" ? "time" : (field.type ?? "anything");
}

function defaultOf({ default: value }: Schema): string {
  const isEmpty = value === undefined || JSON.stringify(value) === "{}";
  return isEmpty ? "" : code(JSON.stringify(value));
}

/** The description, and what the type does not say of the values. */
function describe(field: Schema): string {
  const { minimum, maximum, pattern, format } = field;
  return [
    // A union with null is described by its other half.
    field.description ?? field.anyOf?.find(({ description }) => description)?.description ?? "",
    range(minimum, maximum),
    pattern && format !== "duration" ? `Matches \`${pattern}\`.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

function range(minimum?: number, maximum?: number): string {
  if (minimum === undefined) return maximum === undefined ? "" : `At most ${maximum}.`;
  return maximum === undefined ? `At least ${minimum}.` : `${minimum} to ${maximum}.`;
}
