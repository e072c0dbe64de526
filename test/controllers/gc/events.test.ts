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
