import { describe, expect } from "vitest";
import { write } from "../agent/fixture.ts";
import { test, WAIT } from "./fixture.ts";

describe.each(["Agent", "SFTP", "Rsync"] as const)("by %s", (engine) => {
  test("a restart command that fails is told with its words, how it ended and what it said", async ({
    loop,
  }) => {
    await loop.pushed({ "app.txt": "old" });
    await loop.write({ "app.txt": "good" });
    const command = ["sh", "-c", "cat app.txt; ! grep -q bad app.txt"];
    await loop.create({ ssh: { engine }, restart: { mode: "Command", command } });
    await loop.synced();
    await loop.write({ "app.txt": "bad luck" });
    await expect.poll(() => loop.condition("Running"), WAIT).toBe("False RestartFailed");
    const text =
      'instance 0: sh -c "cat app.txt; ! grep -q bad app.txt" (spec.restart.command) has ended with exit code 1';
    const message = await loop.messageOf("Running");
    expect(message).toContain(text);
    expect(message).toMatch(/\nbad luck$/);
    await expect.poll(() => loop.events("RestartFailed"), WAIT).toHaveLength(1);
    expect((await loop.status()).instances).toMatchObject([{ state: "Running" }]);
    await loop.write({ "app.txt": "good again" });
    await expect.poll(() => loop.condition("Running"), WAIT).not.toBe("False RestartFailed");
    await loop.synced();
    expect(loop.starts()).toHaveLength(1);
  });

  test("a save restarts the app under its supervisor, and says with which process", async ({ loop }) => {
    await loop.pushed({ "app.txt": "old" });
    await loop.write({ "app.txt": "one" });
    await loop.create({ ssh: { engine } });
    await loop.synced();
    await loop.write({ "app.txt": "two" });
    await loop.synced();
    expect(loop.starts().map((line) => line.slice(-3))).toEqual(["old", "one", "two"]);
    await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
    expect(await loop.messageOf("Running")).toMatch(/pid \d+/);
    expect((await loop.status()).transport?.active).toBe(engine);
  });
});

test("where no perl runs, a save says that the app was not restarted, why, and what to do", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await write(loop.app.instances[0]!.home, { ".bashrc": "export PATH=/nowhere" });
  await loop.write({ "app.txt": "one" });
  await loop.create();
  await loop.synced();
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.messageOf("Running"), WAIT).toMatch(/^no perl runs .* to None if/);
  expect(await loop.condition("Running")).toBe("Unknown Unverified");
  expect((await loop.status()).transport?.active).toBe("SFTP");
  expect(loop.starts()).toHaveLength(1);
});
