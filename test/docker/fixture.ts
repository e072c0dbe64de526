import { join } from "node:path";
import { expect } from "vitest";
import type { Cause } from "../../apis/v1alpha1/index.ts";
import { CustomImage, DockerImage } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { test as base } from "../helpers/instance.ts";
import { TestEngine, writeContext } from "./engine.ts";

export interface Fixtures {
  engine: TestEngine;
}

/** A server with all controllers whose images are built by an engine of the file's own. */
export const test = base.extend<Fixtures>({
  engine: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
    async ({}, use) => {
      const engine = await TestEngine.start();
      process.env["DOCKER_HOST"] = engine.host;
      await use(engine);
      await engine.stop();
    },
    { scope: "file", auto: true },
  ],
});

type DockerSpec = Partial<DockerImage["spec"]>;

/** A DockerImage whose context is a directory of its name, below the root. */
export const createDocker = (client: Client, name: string, spec: DockerSpec = {}): Promise<DockerImage> =>
  client.create(
    DockerImage,
    { namespace: "default", name },
    { refs: { config: name }, context: name, network: "none", ...spec },
  );

export const context = (root: string, name: string, files: Record<string, string>): Promise<void> =>
  writeContext(join(root, name), files);

const KINDS = { DockerImage, CustomImage };

/** Its status, as soon as it is settled: built, or failed, by a build for this cause. */
export async function settled(
  client: Client,
  name: string,
  {
    kind = "DockerImage",
    state = "Built",
    run,
  }: { kind?: keyof typeof KINDS; state?: string; run?: number } = {},
): Promise<NonNullable<DockerImage["status"]>> {
  const read = async () => (await client.get(KINDS[kind], { namespace: "default", name }))?.status ?? {};
  await expect
    .poll(
      async () => {
        const { state: now, error, message, run: present } = await read();
        return { state: now, run: run === undefined ? undefined : present, error, message };
      },
      { timeout: 40_000 },
    )
    .toMatchObject({ state, ...(run !== undefined && { run }) });
  return read();
}

/** As the trigger subresource does. */
export const request = (type: Cause["type"]): string =>
  JSON.stringify({ type, message: "by hand", time: `${new Date().toISOString().slice(0, 23)}000Z` });
