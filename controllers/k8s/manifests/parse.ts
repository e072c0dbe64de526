import { load, YAMLException } from "js-yaml";
import type { KubeObject, ObjectMeta } from "../../../apis/meta.ts";
import { Problem } from "../problem.ts";
import type { Source } from "./read.ts";

/** An object to apply, and where it was written. */
export interface Manifest {
  readonly object: KubeObject;
  /** `file:line`, of its document. */
  readonly where: string;
}

const LIMITS = { maxDepth: 100, maxAliases: 100 };
const MAX_OBJECTS = 5_000;

/**
 * The objects of these sources: of every document, and of every List.
 *
 * @param home - Namespace of those that name none.
 * @throws Problem that names file, line and column.
 */
export function parseManifests(sources: readonly Source[], home: string): Manifest[] {
  const manifests = sources.flatMap((source) => documentsOf(source).flatMap(manifestsIn));
  if (manifests.length > MAX_OBJECTS) {
    throw new Problem("BadYAML", `there are ${manifests.length} objects; at most ${MAX_OBJECTS} are applied`);
  }
  checkUnique(manifests, home);
  return manifests;
}

interface Document {
  readonly name: string;
  /** Line of the source on which it begins, from 0. */
  readonly line: number;
  readonly text: string;
}

/** At the start of a line nothing else can look like the mark between documents. */
function documentsOf({ name, text }: Source): Document[] {
  const documents: { name: string; line: number; lines: string[] }[] = [{ name, line: 0, lines: [] }];
  for (const [index, line] of text.split("\n").entries()) {
    const isMark = /^---(\s|$)/.test(line);
    if (isMark) documents.push({ name, line: index, lines: [line.replace(/^---/, "   ")] });
    else documents.at(-1)!.lines.push(line);
  }
  return documents.map(({ lines, ...rest }) => ({ ...rest, text: lines.join("\n") }));
}

function manifestsIn(document: Document): Manifest[] {
  const value = valueOf(document);
  if (value === undefined || value === null) return [];
  const where = `${document.name}:${firstLine(document)}`;
  return objectsIn(value, where).map((object) => ({ object, where }));
}

/** Of what it says: comments and empty lines before it are not what is meant. */
function firstLine({ line, text }: Document): number {
  const offset = text.split("\n").findIndex((each) => /^[^#]/.test(each.trim()));
  return line + Math.max(0, offset) + 1;
}

function valueOf({ name, line, text }: Document): unknown {
  if (!/^\s*[^\s#]/m.test(text)) return undefined;
  try {
    return load(text, LIMITS);
  } catch (cause) {
    throw badYaml(placeOf(cause, name, line), reasonOf(cause));
  }
}

function placeOf(error: unknown, name: string, line: number): string {
  const mark = error instanceof YAMLException ? error.mark : undefined;
  return mark ? `${name}:${line + mark.line + 1}:${mark.column + 1}` : `${name}:${line + 1}`;
}

const reasonOf = (error: unknown): string =>
  error instanceof YAMLException ? error.reason : (error as Error).message;

const badYaml = (where: string, why: string): Problem => new Problem("BadYAML", `${where}: ${why}`);

function objectsIn(value: unknown, where: string): KubeObject[] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badYaml(where, "is no object with apiVersion, kind and metadata");
  const { apiVersion, kind, items } = value as Record<string, unknown>;
  for (const [field, found] of Object.entries({ apiVersion, kind })) {
    if (typeof found !== "string" || found === "")
      throw badYaml(where, `has no ${field}; every object needs apiVersion, kind and metadata.name`);
  }
  if ((kind as string).endsWith("List") && Array.isArray(items)) {
    return items.flatMap((item, index) => objectsIn(item, `${where} (items[${index}])`));
  }
  return [sound(value as KubeObject, where)];
}

/** What is marked and remembered must be of its type; the rest the cluster judges. */
function sound(object: KubeObject, where: string): KubeObject {
  const { metadata } = object as { metadata?: Record<keyof ObjectMeta, unknown> };
  if (typeof metadata?.name !== "string" || metadata.name === "")
    throw badYaml(where, `the ${object.kind} has no metadata.name; generateName cannot be applied`);
  const { namespace, labels, annotations } = metadata;
  if (namespace !== undefined && namespace !== null && typeof namespace !== "string")
    throw badYaml(where, `metadata.namespace of the ${object.kind} is no text: put it in quotes`);
  for (const [field, value] of Object.entries({ labels, annotations })) {
    if (value !== undefined && value !== null && (typeof value !== "object" || Array.isArray(value)))
      throw badYaml(where, `metadata.${field} of the ${object.kind} are no names with values`);
  }
  if (namespace === null) delete object.metadata.namespace;
  return object;
}

/** One object may be written in several versions of its group, and with its namespace or without. */
function checkUnique(manifests: readonly Manifest[], home: string): void {
  const seen = new Map<string, string>();
  for (const { object, where } of manifests) {
    const { apiVersion, kind, metadata } = object;
    const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
    const key = JSON.stringify([group, kind, metadata.namespace || home, metadata.name]);
    const before = seen.get(key);
    if (before) throw badYaml(where, `${kind}/${metadata.name} is there twice; first at ${before}`);
    seen.set(key, where);
  }
}
