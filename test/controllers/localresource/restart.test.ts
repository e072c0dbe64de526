import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import { Client } from "../../../client/index.ts";
import type { RunningServer } from "../../../cmd/compose/index.ts";
import { openTestInstance, test as base } from "../../helpers/instance.ts";

/** Runs something over an instance, which is closed then. */
const test = base.extend<{
  life: (live: (client: Client) => Promise<void>, change?: Change) => Promise<void>;
}>({
  life: async ({ root }, use) => {
    let instance: RunningServer | undefined;
    await use(async (live, change) => {
      const prepare = change && (({ transport }: RunningServer["server"]) => change(new Client(transport)));
      instance = await openTestInstance(root, prepare);
      await live(instance.client);
      await instance.close();
      instance = undefined;
    });
    await instance?.close();
  },
});
type Change = (client: Client) => Promise<void>;

const serve = (word: string) => ({ argv: ["sh", "-c", `echo ${word} >> served; exec sleep 1000`] });
const served = (root: string): string[] =>
  existsSync(path.join(root, "served"))
    ? readFileSync(path.join(root, "served"), "utf8").trim().split("\n")
    : [];
const isReady = (client: Client, name: string) =>
  client.waitFor(LocalResource, name, "Ready", { timeoutMs: 10_000 });

test("when tiltish starts again, a server waits for its dependency again", async ({ life, root }) => {
  const up = path.join(root, "db-is-up");
  writeFileSync(up, "");
  await life(async (client) => {
    const readinessProbe = { exec: { command: ["test", "-e", "db-is-up"] }, periodSeconds: 1 };
    await client.create(LocalResource, "db", { serveTemplate: { ...serve("db"), readinessProbe } });
    const dependsOn = [{ kind: "LocalResource", name: "db" }];
    await client.create(LocalResource, "web", { dependsOn, serveTemplate: serve("web") });
    await isReady(client, "web");
  });
  rmSync(up);
  await life(async (client) => {
    await expect.poll(() => served(root)).toEqual(["db", "web", "db"]);
    await expect
      .poll(async () => (await client.get(LocalProcess, "web-serve"))?.status)
      .toMatchObject({
        state: "Waiting",
        message: expect.stringContaining("waits for LocalResource/db") as string,
      });
    writeFileSync(up, "");
    await isReady(client, "web");
    await expect.poll(() => served(root)).toEqual(["db", "web", "db", "web"]);
  });
});

test("what was changed while no controller ran is run only as it is now", async ({ life, root }) => {
  await life(async (client) => {
    await client.create(LocalResource, "web", { serveTemplate: serve("old") });
    await isReady(client, "web");
  });
  const change = async (client: Client) => {
    await client.patch(LocalResource, "web", { spec: { serveTemplate: serve("new") } });
  };
  await life(async () => {
    await expect.poll(() => served(root)).toEqual(["old", "new"]);
  }, change);
});
