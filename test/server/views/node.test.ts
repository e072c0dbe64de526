import os from "node:os";
import { expect } from "vitest";
import { Node } from "../../../apis/core/index.ts";
import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { Pod } from "../../../apis/views/index.ts";
import { openTestInstance, test } from "../../helpers/instance.ts";

test("this machine is the one Node, and the one that Pods name", async ({ instance, client }) => {
  expect(instance.server.address.url).toMatch(/^https:/);
  const { items } = await client.list(Node);
  expect(items).toHaveLength(1);
  expect(items[0]!.status).toMatchObject({
    conditions: [{ type: "Ready", status: "True" }],
    addresses: [
      { type: "InternalIP", address: "127.0.0.1" },
      { type: "Hostname", address: os.hostname() },
    ],
    capacity: { cpu: String(os.availableParallelism()) },
  });
  await client.create(LocalProcess, "web", { argv: ["sleep", "600"] });
  const nodeName = async () => (await client.get(Pod, "web"))?.spec.nodeName;
  await expect.poll(nodeName).toBe(items[0]!.metadata.name);
});

test("a server that starts again tells of the same Node", async ({ root }) => {
  const first = await openTestInstance(root);
  const before = await first.client.list(Node);
  await first.close();
  const second = await openTestInstance(root);
  const after = await second.client.list(Node);
  await second.close();
  expect(after.items.map(({ metadata }) => metadata.uid)).toEqual(
    before.items.map(({ metadata }) => metadata.uid),
  );
});
