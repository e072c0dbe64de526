import type { Kind } from "../../apis/kind.ts";
import { GROUP } from "../../apis/meta.ts";
import { type Resource, resourceOf } from "./resources.ts";
import { compareText, compareVersions } from "./versions.ts";

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly Resource[];
}

/**
 * Every version of a group that is served, with its resources. Clients that find a name in several groups take the
 * first: the core group, ours, those of Kubernetes, then others by name; in each, the preferred version first.
 */
export function groupVersionsOf(kinds: readonly Kind[]): readonly GroupVersion[] {
  const storages = new Map(kinds.filter(({ view }) => !view).map((kind) => [storageKey(kind), kind]));
  const versions = new Map<string, { group: string; version: string; resources: Resource[]; rank: number }>();
  for (const kind of kinds) {
    const { group, version } = kind;
    const key = `${group}/${version}`;
    const known = versions.get(key) ?? { group, version, resources: [], rank: rankOf(kind) };
    versions.set(key, known);
    known.resources.push(resourceOf(kind, storages.get(storageKey(kind.view?.of ?? kind))));
  }
  return [...versions.values()].toSorted(
    (a, b) => a.rank - b.rank || compareText(a.group, b.group) || compareVersions(a.version, b.version),
  );
}

const storageKey = ({ group, plural }: { group: string; plural: string }): string => `${group}/${plural}`;

function rankOf({ group, builtIn }: Kind): number {
  if (group === "") return 0;
  if (group === GROUP) return 1;
  return builtIn ? 2 : 3;
}
