import { type MediaRange, parseAccept } from "./media.ts";

/**
 * Which of the offered media types the client likes best; what it takes anything for is answered with the first one.
 * Undefined if it takes none of them.
 */
export function preferredType(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === "") return offered[0];
  for (const { type } of parseAccept(accept)) {
    const found = offered.find((one) => covers(type, one));
    if (found !== undefined) return found;
  }
  return undefined;
}

const covers = (range: string, type: string): boolean =>
  range === type || range === "*/*" || (range.endsWith("/*") && type.startsWith(range.slice(0, -1)));

const AGGREGATED_VERSIONS = ["v2", "v2beta1"] as const;

/** Version of the aggregated form of discovery that is wanted, if it is; ranges that are not known are passed over (rule 4). */
export function aggregatedVersionOf(
  accept: string | undefined,
): (typeof AGGREGATED_VERSIONS)[number] | undefined {
  if (accept === undefined) return undefined;
  const known = parseAccept(accept).find((range) => isPlainJson(range) || versionOf(range) !== undefined);
  return known && versionOf(known);
}

const isPlainJson = ({ type, parameters: { as } }: MediaRange): boolean =>
  as === undefined && covers(type, "application/json");

function versionOf({ type, parameters: { as, g, v } }: MediaRange) {
  const isAggregated =
    covers(type, "application/json") && as === "APIGroupDiscoveryList" && g === "apidiscovery.k8s.io";
  return isAggregated ? AGGREGATED_VERSIONS.find((version) => version === v) : undefined;
}
