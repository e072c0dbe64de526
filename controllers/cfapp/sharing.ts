import type { Settings } from "./engine/settings.ts";
import type { Entry } from "./entry.ts";

/** Others that keep the same files of the same app in step: each undoes what another one does. */
export function sharersOf(key: string, entries: ReadonlyMap<string, Entry>): string[] {
  const own = entries.get(key)?.settings;
  if (!own) return [];
  return [...entries]
    .filter(([other, { settings }]) => other !== key && settings && isSamePlace(own, settings))
    .map(([other]) => other)
    .toSorted();
}

export const isSamePlace = (a: Settings, b: Settings): boolean =>
  placeOf(a) === placeOf(b) && haveCommon(a.spec.instances, b.spec.instances);

function placeOf({ cfHome, spec }: Settings): string {
  const { api, org, space } = spec.target ?? {};
  return JSON.stringify([cfHome, api, org, space, spec.appName, spec.ssh.process, spec.remotePath]);
}

type Instances = Settings["spec"]["instances"];

const haveCommon = (a: Instances, b: Instances): boolean =>
  a === "All" || b === "All" || a.some((index) => b.includes(index));
