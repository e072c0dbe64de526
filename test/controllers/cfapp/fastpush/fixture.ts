import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LocalTree, planOf, type Tree } from "../../../../controllers/sync/index.ts";
import {
  FastPushTransport,
  type FastPushOptions,
} from "../../../../controllers/cfapp/transports/fastpush/index.ts";
import type {
  InstanceRef,
  Link,
  Listing,
  SyncSet,
} from "../../../../controllers/cfapp/transports/transport.ts";
import { type Container, GUID, test as base } from "../../../fastpush/fixture.ts";

export const INSTANCE: InstanceRef = { appGuid: GUID, processGuid: GUID, index: 0 };
const LIMITS = { maxFiles: 50_000, maxSet: 500_000_000 };

/** A directory here, and ways to bring it there. */
export class Desk {
  readonly root: string;
  readonly #transports: FastPushTransport[] = [];
  #revision = 0;

  constructor(root: string) {
    this.root = root;
  }

  transport(options: Partial<FastPushOptions> & { url: string }): FastPushTransport {
    const transport = new FastPushTransport({
      basePath: "/_fastpush",
      skipVerify: false,
      extensions: "Auto",
      ...options,
      // It may be a property that is computed.
      url: options.url,
    });
    this.#transports.push(transport);
    return transport;
  }

  connect(to: { url: string } & Partial<FastPushOptions>): Promise<Link> {
    return this.transport(to).connect(INSTANCE);
  }

  async write(files: Record<string, string | Buffer>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.root, path)), { recursive: true });
      await writeFile(join(this.root, path), content);
    }
  }

  async tree(root = this.root): Promise<Tree> {
    const options = { ignores: [".tiltish-*"], useCFIgnore: false, maxFile: 1e9, caseInsensitive: false };
    return (await new LocalTree({ root, ...options }).scan()).tree;
  }

  async setFor({ tree, tracked }: Listing, more: Partial<SyncSet> = {}): Promise<SyncSet> {
    const sides = { local: await this.tree(), remote: tree, tracked, deletePolicy: "Tracked" } as const;
    const plan = planOf(sides, LIMITS);
    if ("reason" in plan) throw new Error(plan.message);
    const read = (path: string) => createReadStream(join(this.root, path));
    return { revision: `r${++this.#revision}`, plan, restart: { mode: "None" }, read, ...more };
  }

  /** All that is here, there. */
  async sync(link: Link, more: Partial<SyncSet> = {}) {
    const set = await this.setFor(await link.list(await this.tree()), more);
    return (await link.stage(set)).commit();
  }

  close(): void {
    for (const transport of this.#transports) transport.close();
  }
}

export const urlOf = ({ port }: Container): string => `http://127.0.0.1:${port}`;

export const test = base.extend<{ desk: Desk }>({
  desk: async ({ container }, use) => {
    const desk = new Desk(join(container.home, "local"));
    await mkdir(desk.root);
    await use(desk);
    desk.close();
  },
});
