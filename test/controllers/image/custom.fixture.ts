import { fileURLToPath } from "node:url";
import { CustomImage, type DockerImage, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { settled } from "../../docker/fixture.ts";

/** A command that makes an image. */
export const MAKE = [
  process.execPath,
  fileURLToPath(new URL("../../docker/make-image.mjs", import.meta.url)),
];

type Spec = Partial<CustomImage["spec"]>;

/** A CustomImage called `tool`. */
// oxlint-disable-next-line eslint/max-params -- the environment is given by one test only
export const create = (client: Client, argv: string[], spec: Spec = {}, env = {}): Promise<CustomImage> =>
  client.create(
    CustomImage,
    { namespace: "default", name: "tool" },
    { refs: { config: "tool" }, commandTemplate: { argv, env }, ...spec },
  );

export const shell = (command: string): string[] => ["sh", "-c", command];

export const done = (
  client: Client,
  state = "Built",
  run?: number,
): Promise<NonNullable<DockerImage["status"]>> =>
  settled(client, "tool", { kind: "CustomImage", state, run });

/** The process that runs its command. */
export const processOf = (client: Client): Promise<LocalProcess | undefined> =>
  client.get(LocalProcess, { namespace: "default", name: "tool-image-build" });
