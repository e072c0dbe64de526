import { isMap, LineCounter, parseAllDocuments, type Document, type YAMLError } from "yaml";
import type { KubeObject } from "../../apis/meta.ts";
import { CliError, EXIT } from "../cli/errors.ts";
import { swallowedItems } from "./lint.ts";
import { problemAt, type Manifest } from "./manifest.ts";
import { Places } from "./places.ts";
import { invalidManifest, type Problem } from "./problem.ts";
import { readSources, type Source } from "./read.ts";

/**
 * The objects in files, each with its places.
 *
 * @throws CliError with exit code 2 that lists everything that is no object, with file, line and column.
 */
export async function loadManifests(
  names: readonly string[],
  options: { recursive?: boolean } = {},
): Promise<Manifest[]> {
  const sources = await readSources(names, options);
  const manifests = sources.flatMap(parseSource);
  const problems = [...manifests.flatMap(missingFields), ...duplicates(manifests)];
  if (problems.length) throw invalidManifest(problems);
  return manifests;
}

/** So deep a nesting makes the parser run out of stack. */
const TOO_DEEP = /(?:[[{]\s*){200}/;

/** The objects in one text. */
export function parseSource({ file, text }: Source): Manifest[] {
  if (TOO_DEEP.test(text)) throw new CliError(`${file}:1:1 is nested too deeply`, EXIT.usage);
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  const documents = Array.isArray(parsed) ? (parsed as Document.Parsed[]) : [];
  const problems = documents.flatMap(({ errors }) =>
    errors.map((error) => syntaxProblem(error, file, lines)),
  );
  if (problems.length) throw invalidManifest(problems);
  const swallowed = documents.flatMap((document) => swallowedItems(document, text, { file, lines }));
  if (swallowed.length) throw invalidManifest(swallowed);
  const filled = documents.filter(
    ({ contents }) => contents !== null && contents.range[1] > contents.range[0],
  );
  const manifests = filled.flatMap((document) => objectsIn(document, file, lines));
  if (manifests.length === 0) throw new CliError(`${file}:1:1 no objects in this file`, EXIT.usage);
  return manifests;
}

function syntaxProblem(error: YAMLError, file: string, lines: LineCounter): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  const isTab = error.code === "TAB_AS_INDENT" || /tab/i.test(error.message);
  const message = isTab ? "tabs can't indent YAML; use spaces" : error.message.split("\n")[0]!;
  return { file, line: line || 1, column: col || 1, message };
}

/** One object, or the items of a List. */
function objectsIn(document: Document.Parsed, file: string, lines: LineCounter): Manifest[] {
  const places = new Places(document, lines);
  if (!isMap(document.contents)) {
    throw invalidManifest([{ file, ...places.of(""), message: "is not an object with apiVersion and kind" }]);
  }
  const object = document.toJS({ maxAliasCount: 100 }) as KubeObject;
  if (object.kind !== "List" || !Array.isArray(object.items)) return [{ file, object, places }];
  return (object.items as KubeObject[]).map((item, i) => ({
    file,
    object: item,
    places: new Places(document, lines, ["items", i]),
  }));
}

function missingFields(manifest: Manifest): Problem[] {
  const { apiVersion, kind, metadata } = manifest.object;
  const name = metadata?.name ?? metadata?.generateName;
  const fields = { apiVersion, kind, "metadata.name": name };
  return Object.entries(fields)
    .filter(([, value]) => typeof value !== "string" || value === "")
    .map(([field, value]) =>
      problemAt(manifest, field, value === undefined ? "is required" : "must be a text that is not empty"),
    );
}

/** The same object twice would make the last one win, silently. */
function duplicates(manifests: readonly Manifest[]): Problem[] {
  const first = new Map<string, Manifest>();
  return manifests.flatMap((manifest) => {
    const { apiVersion, kind, metadata } = manifest.object;
    if (!metadata?.name) return [];
    const key = [apiVersion, kind, metadata.namespace ?? "", metadata.name].join("\n");
    const other = first.get(key);
    if (!other) {
      first.set(key, manifest);
      return [];
    }
    const where = `${other.file}:${other.places.of("metadata.name").line}`;
    return [problemAt(manifest, "metadata.name", `${kind} "${metadata.name}" is already in ${where}`)];
  });
}
