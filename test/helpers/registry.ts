import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base } from "vitest";
import { ALL_KINDS } from "../../apis/index.ts";
import type { Kind } from "../../apis/kind.ts";
import { CustomKinds } from "../../server/customresources/index.ts";
import { createRegistry, type Registry } from "../../server/registry/index.ts";
import { Store } from "../../server/storage/index.ts";

interface Fixtures {
  directory: string;
  store: Store;
  /** With the namespaces `default` and `other`. */
  registry: Registry;
}

/** A real registry over a real store in a folder of its own. */
export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  directory: async ({}, use) => {
    const directory = await mkdtemp(path.join(tmpdir(), "tiltish-"));
    await use(directory);
    await rm(directory, { recursive: true, force: true });
  },
  store: async ({ directory }, use) => {
    const store = await Store.open({
      directory,
      onFatal: (error) => {
        throw error;
      },
    });
    await use(store);
    await store.close();
  },
  registry: async ({ store }, use) => {
    const registry = createRegistry(store, new CustomKinds(store, ALL_KINDS));
    for (const name of ["default", "other"]) {
      await registry.create({ kind: kind("Namespace") }, { metadata: { name } }, {});
    }
    await use(registry);
  },
});

/** A served kind by its name. */
export const kind = (name: string): Kind => ALL_KINDS.find((each) => each.kind === name)!;
