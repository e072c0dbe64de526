import { expect } from "vitest";
import { test } from "./driver.ts";

const SHOP = `apiVersion: tiltish.dev/v1alpha1
kind: CFAppSync
metadata: { name: shop, labels: { group: front } }
spec: { appName: shop, localPath: ., cfHome: nobody }
`;

test("logs of a CFAppSync are to be had by its name, its kind and a label, and are followed", async ({
  driver,
}) => {
  await driver.write("tiltish.yaml", SHOP);
  expect(await driver.run(["up", "-d"])).toMatchObject({ code: 0 });
  const line = /^\[tiltish\] WARN NotLoggedIn: there is no .*: cf login\n$/;
  await expect.poll(async () => (await driver.run(["logs", "cfs/shop"])).stdout).toMatch(line);
  expect((await driver.run(["logs", "shop", "--level=warn"])).stdout).toMatch(line);
  expect((await driver.run(["logs", "-l", "group=front"])).stdout).toMatch(line);
  const following = driver.start(["logs", "-f", "shop", "--tail=1"]);
  await expect.poll(() => following.stdout).toMatch(line);
});
