import { expect } from "vitest";
import { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import type { TestEngine } from "../../docker/engine.ts";
import { SHELL } from "../../docker/engine.ts";
import { context, createDocker, settled, test as base } from "../../docker/fixture.ts";

type LiveUpdate = NonNullable<DockerImage["spec"]["liveUpdate"]>;
type LiveStatus = NonNullable<NonNullable<DockerImage["status"]>["liveUpdate"]>;

export const DOCKERFILE = `${SHELL}COPY src /app\nCMD ["sleep", "1000"]\n`;

/** `src` is `/app`. */
export const SYNC = { sync: [{ from: "src", to: "/app" }], restart: "Never" } satisfies LiveUpdate;

export interface Part {
  client: Client;
  root: string;
  engine: TestEngine;
}

export const test = base.extend<{ part: Part }>({
  part: ({ client, root, engine }, use) => use({ client, root, engine }),
});

/** An image with `src/a.txt` in `/app`, built, whose containers are updated in place. */
export async function built(
  { client, root }: Part,
  name: string,
  liveUpdate: LiveUpdate = SYNC,
  spec: Partial<DockerImage["spec"]> = {},
): Promise<string> {
  await context(root, name, { Dockerfile: DOCKERFILE, "src/a.txt": "one", "src/name": name });
  await createDocker(client, name, { liveUpdate, ...spec });
  return (await settled(client, name)).refs!.local!;
}

/** Starts a container of an image. @returns its id */
export async function start(
  engine: TestEngine,
  image: string,
  { name, ...more }: { name?: string; Cmd?: string[]; HostConfig?: object } = {},
): Promise<string> {
  const id = await create(engine, image, { name, ...more });
  await engine.ask("POST", `/containers/${id}/start`);
  return id;
}

export async function create(
  engine: TestEngine,
  image: string,
  { name, HostConfig, ...more }: { name?: string | undefined; Cmd?: string[]; HostConfig?: object } = {},
): Promise<string> {
  const query = name === undefined ? "" : `?name=${name}`;
  const { body } = await engine.ask("POST", `/containers/create${query}`, {
    Image: image,
    HostConfig: { NetworkMode: "none", ...HostConfig },
    ...more,
  });
  const { Id, message } = body as { Id?: string; message?: string };
  if (Id === undefined) throw new Error(message);
  return Id;
}

/** What is in a file of a container; undefined if there is none. */
export async function fileIn(engine: TestEngine, id: string, path: string): Promise<string | undefined> {
  const { code, body } = await engine.ask(
    "GET",
    `/containers/${id}/archive?path=${encodeURIComponent(path)}`,
  );
  if (code !== 200) return undefined;
  // A tar: a header of 512 bytes, then the content, then zeros.
  return String(body).slice(512).replaceAll("\0", "");
}

export async function liveOf(client: Client, name: string): Promise<LiveStatus> {
  const object = await client.get(DockerImage, { namespace: "default", name });
  return object?.status?.liveUpdate ?? {};
}

/** Waits until the status of the live update is as it is expected to be. */
export async function expectLive(client: Client, name: string, expected: object): Promise<LiveStatus> {
  await expect.poll(() => liveOf(client, name), { timeout: 20_000 }).toMatchObject(expected);
  return liveOf(client, name);
}

export const runOf = async (client: Client, name: string): Promise<number | undefined> =>
  (await client.get(DockerImage, { namespace: "default", name }))?.status?.run;
