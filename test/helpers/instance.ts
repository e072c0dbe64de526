import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base } from "vitest";
import { type Client, silentLog } from "../../client/index.ts";
import { type InstanceOptions, openInstance, type RunningServer } from "../../cmd/compose/index.ts";
import { BINARY } from "./tiltish.ts";

interface Fixtures {
  /** Directory of the project. */
  root: string;
  instance: RunningServer;
  client: Client;
}

/** A server with all controllers, over the store beside `root`; again over the same one if it was closed. */
export function openTestInstance(root: string, prepare?: InstanceOptions["prepare"]): Promise<RunningServer> {
  const stateDirectory = path.join(path.dirname(root), "state");
  return openInstance({
    stateDirectory,
    root,
    port: 0,
    socketPath: path.join(stateDirectory, "tiltish.sock"),
    log: silentLog,
    guardCommand: [process.execPath, BINARY, "__guard"],
    prepare,
    onFatal(error) {
      throw error;
    },
  });
}

/** A server with all controllers in this process, over a store of its own. */
export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  root: async ({}, use) => {
    const directory = await mkdtemp(path.join(tmpdir(), "tiltish-"));
    const root = path.join(directory, "project");
    await mkdir(root);
    await use(root);
    await rm(directory, { recursive: true, force: true });
  },
  instance: async ({ root }, use) => {
    const instance = await openTestInstance(root);
    await use(instance);
    await instance.close();
  },
  client: ({ instance }, use) => use(instance.client),
});
