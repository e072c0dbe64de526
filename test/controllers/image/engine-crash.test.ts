import { expect } from "vitest";
import { SHELL } from "../../docker/engine.ts";
import { context, createDocker, settled, test } from "../../docker/fixture.ts";

test("a build in the middle of which the engine dies says so, and is done by itself when the engine is back", async ({
  client,
  root,
  engine,
}) => {
  await context(root, "api", { Dockerfile: `${SHELL}RUN ["/bin/sleep", "5"]\n` });
  await createDocker(client, "api");
  await expect
    .poll(async () => JSON.stringify((await settled(client, "api", { state: "Building" })).stages))
    .toContain("sleep");
  engine.crash();
  const { conditions } = await settled(client, "api", { state: "Failed" });
  expect(conditions).toContainEqual(expect.objectContaining({ type: "Ready", reason: "EngineUnreachable" }));
  await engine.revive();
  const { refs, error } = await settled(client, "api");
  expect(error).toBeUndefined();
  expect(await engine.image(refs!.local!)).toBeDefined();
});
