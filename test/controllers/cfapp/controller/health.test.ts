import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { CFAppSync } from "../../../../apis/v1alpha1/index.ts";
import { type Loop, test, WAIT } from "./fixture.ts";

const LONG = { timeout: 40_000, interval: 50 };

/** Runs until there is a file that tells it how to end, outside of what is synced. */
const OBEDIENT = "echo started with it; until [ -e ../tmp/end ]; do sleep 0.05; done; . ../tmp/end";

const order = (loop: Loop, how: string): Promise<void> =>
  writeFile(join(loop.app.instances[0]!.home, "tmp/end"), `rm ../tmp/end; ${how}`);

async function running(loop: Loop, script: string): Promise<void> {
  await loop.pushed({ "run.sh": script }, { command: "sh run.sh" });
  await loop.write({ "run.sh": script });
  await loop.create();
  await loop.synced();
}

/** How many statuses are written while something happens. */
async function writes(loop: Loop, until: () => Promise<void>): Promise<number> {
  let count = 0;
  const informer = loop.client.informer(CFAppSync);
  informer.on({ updated: () => void count++ });
  await informer.start().synced;
  await until();
  await informer.stop();
  return count;
}

test("a new tiltish knows that an app runs which nobody has restarted, and as which process", async ({
  loop,
}) => {
  await running(loop, OBEDIENT);
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
  expect(loop.starts()).toHaveLength(1);
  const [instance] = (await loop.status()).instances!;
  expect(instance).toMatchObject({ state: "Running", pid: expect.any(Number) as number });
  expect(await loop.messageOf("Running")).toContain(`pid ${instance!.pid}`);
});

test("an app that ends after its restart was a good one does not run, and says so once", async ({ loop }) => {
  await running(loop, OBEDIENT);
  await loop.write({ "run.sh": "echo started with trouble; sleep 1.5; echo out of luck; exit 3" });
  await expect.poll(() => loop.condition("Running"), LONG).toBe("False Crashed");
  expect(await loop.messageOf("Running")).toContain("exit code 3");
  await expect.poll(() => loop.condition("Ready"), WAIT).toBe("False Crashed");
  expect(await loop.condition("Synced")).toBe("True UpToDate");
  await expect.poll(() => loop.messageOf("Running"), LONG).toContain("again and again with exit code 3");
  await expect.poll(() => loop.starts().length, LONG).toBeGreaterThan(5);
  // It has run in between, and nobody has called that running.
  expect(await loop.events("Restarted")).toEqual([]);
  expect(await loop.events("Crashed")).toHaveLength(2);
  await loop.write({ "run.sh": OBEDIENT });
  await expect.poll(() => loop.condition("Running"), LONG).toBe("True Ready");
  await loop.synced();
  expect(await loop.condition("Ready")).toBe("True Synced");
});

test("an app that answers later than its restart may take is said to be ready once it answers", async ({
  loop,
}) => {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const script = "echo started with it; exec sleep 1000";
  await loop.pushed({ "run.sh": script }, { command: "sh run.sh" });
  await loop.write({ "run.sh": script });
  await loop.create({ restart: { readiness: { port, timeout: "1s" } } });
  await loop.synced();
  // Nobody listens: for the sandbox, this is where the app would.
  server.close();
  await loop.write({ "run.sh": `${script} # once more` });
  await expect.poll(() => loop.messageOf("Running"), LONG).toContain("was not ready within 1s");
  expect(await loop.condition("Ready")).toBe("False Crashed");
  const late = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  await expect.poll(() => loop.condition("Running"), LONG).toBe("True Ready");
  expect(await loop.events("Ready")).toEqual([expect.stringContaining("the app is ready by now")]);
  expect(loop.starts()).toHaveLength(2);
  late.close();
});

test("an app that is killed does not run, and runs again once its next start has held", async ({ loop }) => {
  await running(loop, OBEDIENT);
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
  const { pid } = (await loop.status()).instances![0]!;
  await order(loop, "kill -9 $$");
  await expect.poll(() => loop.condition("Running"), LONG).toBe("False Crashed");
  expect(await loop.messageOf("Running")).toContain("(SIGKILL)");
  expect((await loop.status()).instances).toMatchObject([{ state: "Crashed" }]);
  await expect.poll(() => loop.condition("Ready"), WAIT).toBe("False Crashed");
  await expect.poll(() => loop.condition("Running"), LONG).toBe("True Ready");
  const [instance] = (await loop.status()).instances!;
  expect(instance!.state).toBe("Running");
  expect(instance!.pid).not.toBe(pid);
  expect(await loop.condition("Ready")).toBe("True Synced");
  await expect.poll(() => loop.events("Restarted"), WAIT).toHaveLength(1);
  expect(await loop.events("Crashed")).toHaveLength(1);
});

test("of several instances the one is named whose app has ended, and all run again once it does", async ({
  loop,
}) => {
  await loop.pushed({ "run.sh": OBEDIENT }, { command: "sh run.sh", instances: 2 });
  await loop.write({ "run.sh": OBEDIENT });
  await loop.create();
  await loop.synced();
  await expect.poll(() => loop.condition("Running"), LONG).toBe("True Ready");
  await writeFile(join(loop.app.instances[1]!.home, "tmp/end"), "rm ../tmp/end; exit 6");
  await expect.poll(() => loop.condition("Running"), LONG).toBe("False Crashed");
  expect(await loop.messageOf("Running")).toMatch(/^instance 1: the app has ended with exit code 6/);
  expect((await loop.status()).instances).toMatchObject([{ state: "Running" }, { state: "Crashed" }]);
  await expect.poll(() => loop.condition("Running"), LONG).toBe("True Ready");
  expect((await loop.status()).instances).toMatchObject([{ state: "Running" }, { state: "Running" }]);
  // The one that has ended is not the first.
  await expect
    .poll(() => loop.events("Restarted"), WAIT)
    .toEqual(["Restarted: all instances: the app runs again"]);
  expect(loop.starts(0)).toHaveLength(1);
  expect(loop.starts(1)).toHaveLength(2);
});

test("an app that ends at once, whenever it is started, is told in a few changes of the status", async ({
  loop,
}) => {
  await running(loop, OBEDIENT);
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
  const count = await writes(loop, async () => {
    await loop.write({ "run.sh": 'echo started with $(date +%s%N); echo "not at $(date +%s%N)"; exit 9' });
    await expect.poll(() => loop.condition("Running"), LONG).toBe("False Crashed");
    // Every start prints something else, and each takes longer to come than the one before.
    await expect.poll(() => loop.starts().length, LONG).toBeGreaterThan(6);
  });
  expect(count).toBeLessThan(7);
  expect(await loop.condition("Running")).toBe("False Crashed");
});

test("an app that crashes while no tiltish looks is told by the next one", async ({ loop }) => {
  await running(loop, OBEDIENT);
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
  await loop.shut();
  const home = loop.app.instances[0]!.home;
  await writeFile(join(home, "tmp/end"), "exit 4");
  await expect.poll(() => loop.starts().length, WAIT).toBeGreaterThan(2);
  await loop.open();
  await expect.poll(() => loop.condition("Running"), LONG).toBe("False Crashed");
  expect(await loop.messageOf("Running")).toContain("exit code 4");
});

test("whether an app runs that nobody supervises is not known, and that is no fault of it", async ({
  loop,
}) => {
  await loop.write({ "app.txt": "one" });
  await loop.app.push(loop.local, "echo started with nobody; exec sleep 1000");
  await expect.poll(() => loop.app.instances[0]!.state, WAIT).toBe("RUNNING");
  await loop.create({ restart: { mode: "None" } });
  await loop.synced();
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("Unknown Unverified");
  await expect.poll(() => loop.messageOf("Running"), WAIT).toContain("no supervisor runs");
  expect(await loop.condition("Ready")).toBe("True Synced");
});

test("of an app that somebody stops nobody says that it runs", async ({ loop }) => {
  await running(loop, OBEDIENT);
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
  await loop.app.app.stop();
  await expect.poll(() => loop.condition("Connected"), LONG).toBe("False AppStopped");
  await expect.poll(() => loop.condition("Running"), WAIT).toBeUndefined();
  await loop.app.app.start();
  await expect.poll(() => loop.condition("Running"), LONG).toBe("True Ready");
});
