import { out } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import type { Invocation } from "../cli/types.ts";
import { connect } from "../connect/session.ts";
import { Columns } from "../print/columns.ts";
import { versionOf, type ResourceType } from "../resources/types.ts";

/** `tiltish api-resources`. */
export async function run({ options }: Invocation): Promise<void> {
  const session = await connect(options);
  const { all } = await session.types();
  const types = all
    .filter((type) => isWanted(type, options))
    .toSorted((a, b) => compare(a.group, b.group) || compare(a.plural, b.plural));
  if (options.text("output") === "name") {
    out(types.map(({ plural, group }) => `${group ? `${plural}.${group}` : plural}\n`).join(""));
    return;
  }
  const isWide = options.text("output") === "wide";
  const headers = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];
  const wideHeaders = isWide ? ["VERBS", "CATEGORIES"] : [];
  const rows = types.map((type) => rowOf(type, isWide));
  out(new Columns().format(options.flag("no-headers") ? rows : [[...headers, ...wideHeaders], ...rows]));
}

function isWanted(type: ResourceType, options: Options): boolean {
  const group = options.text("api-group");
  const verbs = options.text("verbs")?.split(",") ?? [];
  const categories = options.text("categories")?.split(",") ?? [];
  return (
    (group === undefined || group === type.group) &&
    (!options.has("namespaced") || options.flag("namespaced") === type.namespaced) &&
    verbs.every((verb) => type.verbs.includes(verb)) &&
    categories.every((category) => type.categories.includes(category))
  );
}

const rowOf = (type: ResourceType, isWide: boolean): string[] => [
  type.plural,
  type.short.join(","),
  versionOf(type),
  String(type.namespaced),
  type.kind,
  ...(isWide ? [type.verbs.join(","), type.categories.join(",")] : []),
];

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
