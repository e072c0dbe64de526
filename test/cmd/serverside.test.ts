import { expect } from "vitest";
import { parse } from "yaml";
import type { KubeObject } from "../../apis/meta.ts";
import { type Driver, test } from "./driver.ts";

const configMap = (data: string): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: c
data: ${data}
`;
const APPLY = ["apply", "--server-side", "-f", "c.yaml"];

async function read(driver: Driver): Promise<KubeObject & { data: Record<string, string> }> {
  const { stdout } = await driver.run(["get", "cm", "c", "-o", "yaml", "--show-managed-fields"]);
  return parse(stdout) as KubeObject & { data: Record<string, string> };
}

const managersOf = ({ metadata }: KubeObject) =>
  metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`);

test("apply --server-side sets what a file names, and takes away what it no longer names", async ({
  driver,
}) => {
  await driver.serve();
  await driver.write("c.yaml", configMap('{a: "1", b: "1"}'));
  const applied = { code: 0, stdout: "configmap/c serverside-applied\n", stderr: "" };
  expect(await driver.run(APPLY)).toEqual(applied);
  await driver.run(["patch", "cm", "c", "-p", '{"data":{"mine":"1"}}']);
  await driver.write("c.yaml", configMap('{a: "1"}'));
  expect(await driver.run(APPLY)).toEqual(applied);
  const object = await read(driver);
  expect(object.data).toEqual({ a: "1", mine: "1" });
  expect(managersOf(object)).toEqual(["kubectl Apply", "kubectl-patch Update"]);
});

test("rule 70: a conflict says whose the fields are and what can be done, and can be forced", async ({
  driver,
}) => {
  await driver.serve();
  await driver.write("c.yaml", configMap('{a: "1"}'));
  await driver.run([...APPLY, "--field-manager", "other"]);
  await driver.write("c.yaml", configMap('{a: "2"}'));
  const refused = await driver.run(APPLY);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain(
    'error: Apply failed with 1 conflict: conflict with "other": .data.a\nc.yaml:4:3 ConfigMap/c is not changed.',
  );
  expect(refused.stderr).toContain("--force-conflicts");
  expect((await driver.run(["diff", "--server-side", "-f", "c.yaml"])).code).toBe(2);
  expect(await driver.run([...APPLY, "--force-conflicts"])).toMatchObject({ code: 0 });
  expect(await read(driver)).toMatchObject({ data: { a: "2" } });
});

test("rule 72: who has applied from the client goes on from the server, and nothing stays behind", async ({
  driver,
}) => {
  await driver.serve();
  await driver.write("c.yaml", configMap('{a: "1", b: "1"}'));
  await driver.run(["apply", "-f", "c.yaml"]);
  expect(managersOf(await read(driver))).toEqual(["kubectl-client-side-apply Update"]);
  await driver.write("c.yaml", configMap('{a: "2"}'));
  expect(await driver.run(APPLY)).toMatchObject({ code: 0, stderr: "" });
  const object = await read(driver);
  expect(object.data).toEqual({ a: "2" });
  expect(managersOf(object)?.toSorted()).toEqual(["kubectl Apply", "kubectl-last-applied Apply"]);
  expect(await driver.run(APPLY)).toMatchObject({ code: 0 });
  expect(await read(driver)).toEqual(object);
});

test("rule 72: a manager with another name takes over as well", async ({ driver }) => {
  await driver.serve();
  await driver.write("c.yaml", configMap('{a: "1", b: "1"}'));
  await driver.run(["apply", "-f", "c.yaml"]);
  await driver.write("c.yaml", configMap('{a: "1"}'));
  await driver.run([...APPLY, "--field-manager", "ci"]);
  const object = await read(driver);
  expect([object.data, managersOf(object)]).toEqual([{ a: "1" }, ["ci Apply"]]);
});

test("rule 74: with a dry run, and with diff, the server merges and stores nothing", async ({ driver }) => {
  await driver.serve();
  await driver.write("c.yaml", configMap('{a: "1", b: "1"}'));
  await driver.run(["apply", "-f", "c.yaml"]);
  const before = await read(driver);
  await driver.write("c.yaml", configMap('{a: "2"}'));
  expect(await driver.run([...APPLY, "--dry-run=server", "-o", "yaml"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('a: "2"') as string,
  });
  const shown = await driver.run(["diff", "--server-side", "-f", "c.yaml"]);
  expect(shown).toMatchObject({ code: 1, stdout: expect.stringContaining('+  a: "2"') as string });
  expect(await read(driver)).toEqual(before);
});

test("managedFields are shown to who asks for them", async ({ driver }) => {
  await driver.serve();
  await driver.write("c.yaml", configMap('{a: "1"}'));
  await driver.run(APPLY);
  for (const format of ["yaml", "json"]) {
    const shown = ["get", "cm", "c", "-o", format];
    expect((await driver.run(shown)).stdout).not.toContain("managedFields");
    expect((await driver.run([...shown, "--show-managed-fields"])).stdout).toContain("managedFields");
  }
  expect((await driver.run(["describe", "cm", "c"])).stdout).not.toMatch(/managed/i);
  expect((await driver.run([...APPLY, "-o", "yaml"])).stdout).not.toContain("managedFields");
});

test.for([
  [["apply", "--force-conflicts", "-f", "c.yaml"], "--force-conflicts only works with --server-side"],
  [[...APPLY, "--dry-run=client"], "--dry-run=client does not work with --server-side"],
  [["diff", "--force-conflicts", "-f", "c.yaml"], "--force-conflicts only works with --server-side"],
] as const)("%j is refused", async ([args, message], { driver }) => {
  await driver.write("c.yaml", configMap("{}"));
  const refused = await driver.run(args);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(message);
});
