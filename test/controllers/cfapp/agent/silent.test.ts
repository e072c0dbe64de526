import { describe, expect } from "vitest";
import { ConnectionLostError } from "../../../../controllers/cfapp/transports/transport.ts";
import { type Rig, test } from "./fixture.ts";

const PATIENCE = { patienceMs: 300 };

/** A session with an agent that is there, and does nothing any more. */
async function stuck(rig: Rig) {
  const { agent, session } = await rig.connect(undefined, undefined, PATIENCE);
  const listing = await session.list();
  agent.kill("SIGSTOP");
  return { session, listing };
}

describe("an agent that is there and says nothing any more is lost", () => {
  test("while its answer is waited for", async ({ rig }) => {
    const { session } = await stuck(rig);
    await expect(session.ping()).rejects.toThrow("the agent has not answered for 0.3 s");
    await expect(session.ping()).rejects.toThrow(ConnectionLostError);
    expect((await session.closed).message).toContain("has not answered");
  });

  test("while a set is committed", async ({ rig }) => {
    await rig.write({ a: "1" });
    const { session, listing } = await stuck(rig);
    await expect(session.sync(await rig.setFor(listing))).rejects.toThrow("has not answered");
  });

  test("while it takes nothing of what is sent", async ({ rig }) => {
    await rig.write({ a: Buffer.alloc(8_000_000, "x0y1z2") });
    const { session, listing } = await stuck(rig);
    await expect(session.stage(await rig.setFor(listing))).rejects.toThrow("has not answered");
  });

  test("and not one that has nothing to say", async ({ rig }) => {
    const { session } = await rig.connect(undefined, undefined, PATIENCE);
    const quiet = new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE.patienceMs, "quiet"));
    expect(await Promise.race([session.closed, quiet])).toBe("quiet");
    await session.ping();
  });
});
