import { expect } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import { eventExpiryController } from "../../../controllers/gc/index.ts";
import { EventRecorder } from "../../../controllers/runtime/index.ts";
import { FakeClock } from "../../client/fakeClock.ts";
import { test } from "../runtime/fixture.ts";

const object = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "default", uid: "1" },
};

test("when there are too many Events, the oldest go", async ({ client, managerWith }) => {
  const clock = new FakeClock();
  const manager = managerWith(clock).add(eventExpiryController({ clock, most: 20 }));
  const recorder = new EventRecorder({ client, component: "test", clock });
  await manager.start();
  for (let count = 0; count < 30; count++) {
    recorder.event(object, "Normal", "Talk", `message ${count}`);
    await recorder.flush();
    clock.advance(1000);
  }
  const messages = async () =>
    (await client.list(Event)).items.map(({ message }) => message ?? "").toSorted();
  await expect.poll(async () => (await messages()).length).toBeLessThanOrEqual(20);
  expect(await messages()).toEqual(
    Array.from({ length: 20 }, (_, count) => `message ${count + 10}`).toSorted(),
  );
});

test("an Event goes when nobody has seen it again for an hour", async ({ client, managerWith }) => {
  const clock = new FakeClock();
  const manager = managerWith(clock).add(eventExpiryController({ clock }));
  const recorder = new EventRecorder({ client, component: "test", clock });
  const messages = async () => (await client.list(Event)).items.map(({ message }) => message);
  recorder.event(object, "Normal", "Talk", "once");
  recorder.event(object, "Normal", "Talk", "again");
  await recorder.flush();
  await manager.start();
  const settled = () => manager.metrics()["event-expiry"]?.delayed;
  await expect.poll(settled).toBe(2);
  clock.advance(30 * 60_000);
  recorder.event(object, "Normal", "Talk", "again");
  await recorder.flush();
  await expect.poll(() => manager.metrics()["event-expiry"]?.reconciles).toBe(3);
  clock.advance(31 * 60_000);
  await expect.poll(messages).toEqual(["again"]);
  await expect.poll(settled).toBe(1);
  clock.advance(30 * 60_000);
  await expect.poll(messages).toEqual([]);
});
