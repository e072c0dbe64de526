import { describe, expect } from "vitest";
import { Engine } from "../../../controllers/image/engine/engine.ts";
import { SHELL } from "../../docker/engine.ts";
import { ask, context, createDocker, settled, test } from "../../docker/fixture.ts";

const IMPATIENT = { limitMs: 300, pingMs: 300, pulseMs: 100 };

describe("an engine that takes connections and does not answer", () => {
  test("is told to be unreachable, and is asked again once it answers", async ({ engine: real }) => {
    const engine = await Engine.open({ DOCKER_HOST: real.host }, IMPATIENT);
    real.freeze();
    const failure = { reason: "EngineUnreachable", message: expect.stringContaining("no answer in time") };
    await expect(engine.inspect("api")).rejects.toMatchObject(failure);
    await expect(engine.tag("api", "api:v1")).rejects.toMatchObject(failure);
    await expect(engine.stream({ method: "GET", path: "/events" })).rejects.toMatchObject(failure);
    real.thaw();
    expect(await engine.inspect("api")).toBeUndefined();
  });

  test("ends the streams that it has begun", async ({ engine: real }) => {
    const engine = await Engine.open({ DOCKER_HOST: real.host }, IMPATIENT);
    const stream = await engine.stream({ method: "GET", path: "/events" });
    real.freeze();
    await expect(stream.toArray()).rejects.toMatchObject({ reason: "EngineUnreachable" });
    real.thaw();
  });

  test("keeps nobody from canceling what it builds, and goes on when it is asked", async ({
    client,
    root,
    engine,
  }) => {
    await context(root, "api", { Dockerfile: `${SHELL}RUN ["/bin/sleep", "5"]\n` });
    await createDocker(client, "api");
    await expect
      .poll(async () => JSON.stringify((await settled(client, "api", { state: "Building" })).stages))
      .toContain("sleep");
    engine.freeze();
    await ask(client, "api", "Cancel");
    expect((await settled(client, "api", { state: "Failed" })).error).toBe("canceled by hand");
    engine.thaw();
    await ask(client, "api", "Trigger");
    const { refs } = await settled(client, "api", { run: 2 });
    expect(await engine.image(refs!.local!)).toBeDefined();
  });
});
