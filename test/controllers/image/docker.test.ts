import { describe, expect } from "vitest";
import { context, createDocker, settled, test } from "../../docker/fixture.ts";
import { SHELL } from "../../docker/engine.ts";

describe("a DockerImage", () => {
  test("IMG-1: is built from its context, with its reference and finished stages in the status", async ({
    client,
    root,
    engine,
  }) => {
    await context(root, "api", {
      Dockerfile: `${SHELL}COPY hello.txt /\nCMD ["cat", "/hello.txt"]\n`,
      "hello.txt": "hi",
    });
    await createDocker(client, "api");
    const status = await settled(client, "api");
    expect(status.refs?.local).toBe(`api:tiltish-${status.digest?.slice(7, 23)}`);
    expect(await engine.run(status.refs!.local!, ["cat", "/hello.txt"])).toBe("hi");
  });
});
