import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { KubeObject } from "../../../apis/meta.ts";
import { setFailpoints } from "../../../server/storage/failpoint.ts";
import { Store, type StoreEvent, type StoreOptions } from "../../../server/storage/index.ts";
import { keyOf, objectOf, scope } from "./objects.ts";

export { keyOf, objectOf, scope } from "./objects.ts";

/** An empty directory, gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "tiltish-store-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens a store that is closed after the test. An error that ends it fails the test, unless it is asked for. */
export async function openStore(options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await Store.open({
    directory: options.directory ?? temporaryDirectory(),
    onFatal: (error) => {
      throw error;
    },
    ...options,
  });
  onTestFinished(() => store.close());
  return store;
}

/** Creates or replaces. */
export const put = (store: Store, name: string, spec: unknown = {}, namespace = "default") =>
  store.write(keyOf(name, namespace), () => ({ put: objectOf(name, spec, namespace) }));

export const remove = (store: Store, name: string, namespace = "default") =>
  store.write(keyOf(name, namespace), (current) => ({ remove: current! }));

export const specsOf = (stored: readonly { object: KubeObject }[]): unknown[] =>
  stored.map(({ object }) => object["spec"]);

/** Until the end of the test. See `server/storage/failpoint.ts`. */
export function withFailpoints(specification: string): void {
  setFailpoints(specification);
  onTestFinished(() => setFailpoints(undefined));
}

/** All changes that are kept, in order. */
export function changesOf(store: Store, since = store.compactedRevision): StoreEvent[] {
  const events: StoreEvent[] = [];
  for (let through = since; through < store.revision;) {
    const changes = store.changesSince(scope, through, 7);
    events.push(...changes.events);
    through = changes.through;
  }
  return events;
}

/** An event as text, to compare it with another. */
export const lineOf = ({ type, revision, stored, previous }: StoreEvent): string =>
  [type, revision, stored.bytes.toString(), previous?.bytes.toString() ?? "-"].join(" ");
