import { expect } from "vitest";
import { test, type Driver } from "./driver.ts";

const definition = (version: string, plural = "widgets") =>
  JSON.stringify({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: plural === "widgets" ? "Widget" : "Gadget", plural, categories: ["all"] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  });
const widget = (version: string) =>
  JSON.stringify({ apiVersion: `example.com/${version}`, kind: "Widget", metadata: { name: "first" } });

const apply = (driver: Driver, input: string) => driver.run(["apply", "-f", "-"], { input });
const get = (driver: Driver, ...args: string[]) => driver.run(["get", ...args]);

test("a kind can be shown right after its definition was applied, also by a command that had asked before", async ({
  driver,
}) => {
  await driver.serve();
  expect(await get(driver, "widgets")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no resource type "widgets"'),
  });
  expect(await apply(driver, definition("v1"))).toMatchObject({ code: 0 });
  expect(await get(driver, "widgets")).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("No resources found"),
  });
  expect(await apply(driver, widget("v1"))).toMatchObject({ code: 0 });
  expect((await get(driver, "widget", "-o", "name")).stdout).toBe("widget.example.com/first\n");
  expect((await get(driver, "all", "-o", "name")).stdout).toContain("widget.example.com/first\n");
  expect((await driver.run(["__complete", "get", "widg"])).stdout).toContain("widgets");
});

test("a kind that is served in another version, or no more, is asked for anew", async ({ driver }) => {
  await driver.serve();
  await apply(driver, definition("v1"));
  await apply(driver, widget("v1"));
  expect(await get(driver, "widgets")).toMatchObject({ code: 0 });

  const remove = ["delete", "crd", "widgets.example.com", "--timeout=10s"];
  expect(await driver.run(remove)).toMatchObject({ code: 0 });
  expect(await get(driver, "widgets")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no resource type "widgets"'),
  });

  await apply(driver, definition("v1"));
  expect(await get(driver, "widgets")).toMatchObject({ code: 0 });
  await driver.run(remove);
  await apply(driver, definition("v2"));
  expect(await apply(driver, widget("v2"))).toMatchObject({ code: 0 });
  expect(await get(driver, "widgets", "-o", "jsonpath={.items[*].apiVersion}")).toMatchObject({
    code: 0,
    stdout: "example.com/v2",
  });
});
