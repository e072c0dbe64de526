import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Batch } from "../../../controllers/filewatch/engine/handover.ts";
import {
  openMonitor,
  type ChooseWatcher,
  type Monitor,
  type MonitorSpec,
} from "../../../controllers/filewatch/engine/monitor.ts";

/** A directory of its own for one test. */
export function temporaryDirectory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "tiltish-fw-")));
  // Thousands of files may take a slow disk its time.
  onTestFinished(() => rmSync(path, { recursive: true, force: true }), 60_000);
  return path;
}

/** Writes files with the directories that they need. */
export function write(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

export interface Watched {
  monitor: Monitor;
  batches: Batch[];
  errors: unknown[];
  /** All files reported so far, each as often as it was. */
  files: () => string[];
}

export const specOf = (root: string, spec: Partial<MonitorSpec> = {}): MonitorSpec => ({
  root,
  defaultIgnores: true,
  onlyContentChanges: true,
  maxMs: 2000,
  ...(spec.glob ? {} : { paths: ["."] }),
  ...spec,
});

/** Watches `root`, until the end of the test. */
export async function watched(
  root: string,
  spec: Partial<MonitorSpec> = {},
  chooseWatcher?: ChooseWatcher,
): Promise<Watched> {
  const [batches, errors]: [Batch[], unknown[]] = [[], []];
  const events = {
    batch: (batch: Batch) => void batches.push(batch),
    error: (error: unknown) => void errors.push(error),
    noticed: () => undefined,
  };
  const monitor = await openMonitor(specOf(root, spec), events, chooseWatcher);
  onTestFinished(() => monitor.close());
  return { monitor, batches, errors, files: () => batches.flatMap(({ files }) => files) };
}

/** Everything up to a change made now has been reported; answers it, without that change. */
export async function settled({ files }: Watched, root: string): Promise<string[]> {
  const sentinel = `sentinel-${files().length}`;
  write(root, { [sentinel]: "now" });
  await expect.poll(files).toContain(sentinel);
  return files().filter((file) => !file.startsWith("sentinel-"));
}
