import { join } from "node:path";
import { test as base } from "./fixture.ts";
import { Gate } from "./gate.ts";

/** The way to the engine leads through a gate, where a test asks for one. */
export const test = base.extend<{ gate: Gate }>({
  gate: async ({ root, engine }, use) => {
    const gate = await Gate.open(join(root, "..", "gate.sock"), engine.socket);
    process.env["DOCKER_HOST"] = gate.host;
    await use(gate);
    gate.release();
    process.env["DOCKER_HOST"] = engine.host;
    await gate.close();
  },
});
