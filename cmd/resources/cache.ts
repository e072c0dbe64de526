import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FoundInstance } from "../instances.ts";
import { ResourceTypes, type ResourceType } from "./types.ts";

interface Cached {
  /** The run of the server that said so. Another run may be of another version. */
  server: string;
  types: ResourceType[];
}

const fileOf = ({ stateDir }: FoundInstance): string => join(stateDir, "discovery.json");
const serverOf = ({ pid, startTime }: FoundInstance): string => `${pid}/${startTime}`;

/** What this very run of the server told an earlier command: a request less for each `get`. */
export function cachedTypes(instance: FoundInstance): ResourceTypes | undefined {
  try {
    const { server, types } = JSON.parse(readFileSync(fileOf(instance), "utf8")) as Cached;
    return server === serverOf(instance) ? new ResourceTypes(types) : undefined;
  } catch {
    return undefined;
  }
}

export function rememberTypes(instance: FoundInstance, { all }: ResourceTypes): void {
  const file = fileOf(instance);
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify({ server: serverOf(instance), types: all }), { mode: 0o600 });
    renameSync(draft, file);
  } catch {
    // Then the next command asks again.
  }
}
