import { describe, expect } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { Client, ConnectionError } from "../../../client/index.ts";
import { EventRecorder } from "../../../controllers/runtime/index.ts";
import { FakeClock, impatientClock } from "../../client/fakeClock.ts";
import { test } from "./fixture.ts";

const component = "test-controller";
const spec = { argv: ["true"] };

describe("an event recorder", () => {
  test("writes who says what about whom", async ({ client }) => {
    const clock = new FakeClock();
    const recorder = new EventRecorder({ client, component, clock });
    const object = await client.in("other").create(LocalProcess, "web", spec);
    recorder.event(object, "Warning", "Crashed", "it crashed", {
      action: "Restart",
      annotations: { a: "b" },
    });
    await recorder.flush();
    const [event] = (await client.in("other").list(Event)).items;
    const { uid, resourceVersion } = object.metadata;
    expect(event).toMatchObject({
      metadata: { namespace: "other", annotations: { a: "b" } },
      involvedObject: {
        apiVersion: "tiltish.dev/v1alpha1",
        kind: "LocalProcess",
        name: "web",
        namespace: "other",
        uid,
        resourceVersion,
      },
      type: "Warning",
      reason: "Crashed",
      message: "it crashed",
      action: "Restart",
      source: { component },
      reportingComponent: component,
      firstTimestamp: "2030-01-01T00:00:00Z",
      lastTimestamp: "2030-01-01T00:00:00Z",
      eventTime: "2030-01-01T00:00:00.000000Z",
      count: 1,
    });
    expect(event?.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
  });

  test("counts what is said again, instead of writing it again", async ({ client }) => {
    const clock = new FakeClock();
    const recorder = new EventRecorder({ client, component, clock });
    const object = await client.create(LocalProcess, "web", spec);
    recorder.event(object, "Normal", "Started", "pid 1");
    recorder.event(object, "Normal", "Started", "pid 1");
    await recorder.flush();
    clock.advance(60_000);
    recorder.event(object, "Normal", "Started", "pid 1");
    recorder.event(object, "Normal", "Started", "pid 2");
    await recorder.flush();
    const { items } = await client.list(Event);
    const told = items.map(({ message, count, lastTimestamp }) => `${message} ${count} ${lastTimestamp}`);
    expect(told.toSorted((a, b) => a.localeCompare(b))).toEqual([
      "pid 1 3 2030-01-01T00:01:00Z",
      "pid 2 1 2030-01-01T00:01:00Z",
    ]);
  });

  test("begins anew when the Event that it counted in has expired", async ({ client }) => {
    const recorder = new EventRecorder({ client, component });
    const object = await client.create(LocalProcess, "web", spec);
    const say = async () => {
      recorder.event(object, "Normal", "Started", "pid 1");
      await recorder.flush();
      return (await client.list(Event)).items;
    };
    const [first] = await say();
    await client.delete(Event, first!.metadata);
    const [second, ...others] = await say();
    expect(second).toMatchObject({ count: 1 });
    expect(others).toEqual([]);
  });

  test("lets an object that talks too much be heard again later", async ({ client }) => {
    const clock = new FakeClock();
    const recorder = new EventRecorder({ client, component, clock, burst: 2, perSecond: 1 });
    const object = await client.create(LocalProcess, "web", spec);
    const quiet = await client.create(LocalProcess, "quiet", spec);
    for (let i = 0; i < 5; i++) recorder.event(object, "Normal", "Talk", `${i}`);
    recorder.event(quiet, "Normal", "Talk", "quiet");
    clock.advance(1_000);
    recorder.event(object, "Normal", "Talk", "later");
    await recorder.flush();
    const { items } = await client.list(Event);
    expect(items.map(({ message }) => message).toSorted((a, b) => a!.localeCompare(b!))).toEqual([
      "0",
      "1",
      "later",
      "quiet",
    ]);
    expect(recorder.dropped).toBe(3);
  });

  test("drops the oldest when too many wait, and survives a server that is away", async ({ client }) => {
    let isDown = true;
    const { transport } = client;
    const flaky: Client["transport"] = {
      ...transport,
      create: (...args) =>
        isDown ? Promise.reject(new ConnectionError({ address: "test" })) : transport.create(...args),
    };
    const clock = new FakeClock();
    const recorder = new EventRecorder({ client: new Client(flaky), component, clock, capacity: 2 });
    const object = await client.create(LocalProcess, "web", spec);
    for (let i = 0; i < 4; i++) recorder.event(object, "Normal", "Talk", `${i}`);
    await expect.poll(() => clock.pending).toBe(1);
    isDown = false;
    clock.advance(1_000);
    await recorder.flush();
    const { items } = await client.list(Event);
    expect(items.map(({ message }) => message).toSorted((a, b) => a!.localeCompare(b!))).toEqual(["2", "3"]);
    expect(recorder.dropped).toBe(2);
  });

  test("gives up on what is refused, and stops when it is told to", async ({ client }) => {
    const recorder = new EventRecorder({ client, component, clock: impatientClock });
    const nowhere = {
      apiVersion: "v1",
      kind: "Thing",
      metadata: { name: "a", namespace: "no-such", uid: "1" },
    };
    recorder.event(nowhere, "Normal", "Talk", "to nobody");
    await recorder.flush();
    expect(recorder.dropped).toBe(1);
    await recorder.stop();
    recorder.event(nowhere, "Normal", "Talk", "too late");
    await recorder.flush();
    expect(recorder.dropped).toBe(1);
  });
});
