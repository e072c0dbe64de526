import { join } from "node:path";
import { expect } from "vitest";
import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
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

type Status = NonNullable<DockerImage["status"]>;

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
): Promise<Status> {
  const read = async () => (await client.get(KINDS[kind], { namespace: "default", name }))?.status ?? {};
  const isSettled = ({ state: now, run: present }: Status) =>
    now === state && (run === undefined || present === run);
  // What it says of itself, as long as it is not what was waited for.
  const seen = async () => {
    const status = await read();
    return isSettled(status) ? "settled" : JSON.stringify(status);
  };
  await expect.poll(seen, { timeout: 30_000 }).toBe("settled");
  return read();
}

/** As the trigger subresource does. */
export async function ask(
  client: Client,
  name: string,
  type: Cause["type"],
  kind: keyof typeof KINDS = "DockerImage",
) {
  const time = `${new Date().toISOString().slice(0, 23)}000Z`;
  const annotations = { [TRIGGER_ANNOTATION]: JSON.stringify({ type, message: `${type} by hand`, time }) };
  await client.patch(KINDS[kind], { namespace: "default", name }, { metadata: { annotations } });
}

/** What the log subresource gives. */
export async function logOf(
  client: Client,
  name: string,
  kind: keyof typeof KINDS = "DockerImage",
): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.log(KINDS[kind], { namespace: "default", name }, {})) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
