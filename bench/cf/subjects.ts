import { existsSync } from "node:fs";
import type { Settings } from "../lib/benchmark.ts";
import type { CfRig } from "./rig.ts";
import { agentWay, liveSyncWay, tarWay, warmRsyncWay, type Way, type WayOptions } from "./ways.ts";

/** A way that is measured, with an app of its own. */
export interface Subject {
  readonly name: string;
  readonly way: Way;
}

export const TILTISH = "tiltish: until it listens";
const LIVESYNC = "LiveSync: new login, rsync of all";

const WAYS: Record<string, (options: WayOptions) => Promise<Way> | Way> = {
  [TILTISH]: agentWay,
  [LIVESYNC]: liveSyncWay,
  "rsync of all, warm": warmRsyncWay,
  "tar of what was saved, warm": tarWay,
};

/** Whoever has no rsync measures the others. */
export const missingHere = (): string[] =>
  existsSync("/usr/bin/rsync") ? [] : Object.keys(WAYS).filter((name) => name.includes("rsync"));

/** Pushes an app for each way, and brings it in step with the directory. */
export async function startSubjects(settings: Settings, rig: CfRig, root: string): Promise<Subject[]> {
  const subjects: Subject[] = [];
  const missing = missingHere();
  for (const [name, open] of Object.entries(WAYS)) {
    if (missing.includes(name)) continue;
    settings.tell(`pushing the app for ${name}`);
    const app = await rig.push(`app-${subjects.length}`, root);
    subjects.push({ name, way: await open({ rig, root, app, scratch: settings.directory("scratch") }) });
  }
  return subjects;
}
