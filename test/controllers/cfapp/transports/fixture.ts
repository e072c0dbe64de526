import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type HostKeyPolicy,
  sshTransports,
  type SshTransportOptions,
} from "../../../../controllers/cfapp/transports/index.ts";
import type { InstanceRef, Link, Transport } from "../../../../controllers/cfapp/transports/transport.ts";
import { type Rig, test as base } from "../../../sandbox/fixture.ts";
import { Sides } from "../agent/fixture.ts";

export const REMOTE = "/home/vcap/app";

/** An app of a sandbox that does nothing, a directory here, and whoever moves files from one to the other. */
export class World extends Sides {
  readonly rig: Rig;
  readonly #transports: Transport[] = [];

  private constructor(rig: Rig) {
    super(join(rig.home, "local"), join(rig.app.instances[0]!.home, "app"));
    this.rig = rig;
  }

  /** @param files - Of the app, when it starts; then they are taken away. */
  static async create(rig: Rig, command = "exec sleep 1000", files?: Record<string, string>): Promise<World> {
    await rig.push(command, { ...(files && { files }) });
    await mkdir(join(rig.home, "local"));
    const world = new World(rig);
    // Nothing but what a test puts there.
    for (const name of await readdir(world.app)) await rm(join(world.app, name), { recursive: true });
    return world;
  }

  /** What is beside the app, in the same container. */
  get home(): string {
    return this.rig.app.instances[0]!.home;
  }

  get ref(): InstanceRef {
    const { guid: appGuid, processGuid } = this.rig.app;
    return { appGuid, processGuid, index: 0 };
  }

  get counters() {
    return this.rig.cf.counters.ssh;
  }

  transports(more: Partial<SshTransportOptions> = {}): Transport[] {
    const hostKey: HostKeyPolicy = { mode: "Strict" };
    const transports = sshTransports({
      platform: this.rig.cc,
      names: { app: "web", space: "dev" },
      hostKey,
      keepaliveMs: 20_000,
      connectTimeoutMs: 20_000,
      remotePath: REMOTE,
      engine: "Auto",
      ...more,
    });
    this.#transports.push(...transports);
    return transports;
  }

  async connect(engine: SshTransportOptions["engine"] = "Agent"): Promise<Link> {
    return this.transports({ engine })[0]!.connect(this.ref);
  }

  /** Makes the app like the directory here, over a link. */
  async sync(link: Link, deletePolicy: "Mirror" | "Tracked" = "Mirror") {
    const staged = await link.stage(await this.setFor(await link.list(), { deletePolicy }));
    return staged.commit();
  }

  close(): void {
    for (const transport of this.#transports) transport.close();
  }
}

export const test = base.extend<{ world: World }>({
  world: async ({ rig }, use) => {
    const world = await World.create(rig);
    await use(world);
    world.close();
  },
});
