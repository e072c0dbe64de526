import { expect } from "vitest";
import { test } from "./driver.ts";

test("up tells what happens to objects that have no process here", async ({ driver }) => {
  await driver.write(
    "tiltish.yaml",
    `apiVersion: tiltish.dev/v1alpha1
kind: CFAppSync
metadata: { name: shop }
spec: { appName: shop, localPath: ., cfHome: nobody }
`,
  );
  const up = driver.start(["up"]);
  await expect
    .poll(() => up.stdout)
    .toMatch(/^── shop · there is no .*nobody\/\.cf\/config\.json; log in with: cf login ──$/m);
  // Its log says the same, which is not shown twice.
  expect(up.stdout).not.toContain("[tiltish]");
});
