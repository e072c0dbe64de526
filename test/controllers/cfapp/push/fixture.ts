import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pushApp, type PushRequest } from "../../../../controllers/cfapp/push/index.ts";
import { LocalTree } from "../../../../controllers/sync/index.ts";
import { type Rig, test } from "../../../sandbox/fixture.ts";

/** A deploy of a directory with these files, as one asks for it unless one says otherwise. */
export async function requestFor(
  rig: Rig,
  files: Record<string, string>,
  more: Partial<PushRequest> = {},
): Promise<PushRequest & { steps: string[] }> {
  const root = await rig.directory("local", files);
  const local = new LocalTree({ root, ignores: [], useCFIgnore: true, maxFile: 1e9, caseInsensitive: false });
  const { tree } = await local.scan();
  const steps: string[] = [];
  return {
    cc: rig.cc,
    space: { guid: rig.cf.spaceGuid, name: rig.cf.space },
    appName: "web",
    tree,
    read: (path) => createReadStream(join(root, path)),
    strategy: "Restart",
    healthCheckType: "process",
    wrapCommand: false,
    timeoutMs: 30_000,
    signal: new AbortController().signal,
    onStep: (step) => void steps.push(step),
    steps,
    ...more,
  };
}

export const push = async (rig: Rig, files: Record<string, string>, more: Partial<PushRequest> = {}) =>
  pushApp(await requestFor(rig, files, more));

/** A file as the first instance has it. */
export const remote = (rig: Rig, path: string): Promise<string> =>
  readFile(join(rig.app.instances[0]!.home, "app", path), "utf8");

export { test };
