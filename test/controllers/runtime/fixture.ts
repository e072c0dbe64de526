import { Client, type Clock } from "../../../client/index.ts";
import { Manager } from "../../../controllers/runtime/index.ts";
import { inProcessTransport } from "../../../server/inprocess.ts";
import { test as base } from "../../helpers/registry.ts";

interface Fixtures {
  client: Client;
  /** Stopped when the test is over. Start it. */
  manager: Manager;
  /** Another one, over a clock of its own. */
  managerWith: (clock: Clock) => Manager;
}

/** A client of a real server, and a manager for controllers. */
export const test = base.extend<Fixtures>({
  client: async ({ store, registry }, use) => use(new Client(inProcessTransport({ store, registry }))),
  managerWith: async ({ client }, use) => {
    const managers: Manager[] = [];
    await use((clock) => {
      const manager = new Manager({ client, clock });
      managers.push(manager);
      return manager;
    });
    for (const manager of managers) await manager.stop();
  },
  manager: async ({ client }, use) => {
    const manager = new Manager({ client });
    await use(manager);
    await manager.stop();
  },
});
