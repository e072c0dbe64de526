import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import { LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { test } from "../../helpers/instance.ts";

const sh = (script: string) => ["sh", "-c", script];
const forever = "exec sleep 1000";
const statusOf = async (client: Client, name: string) => (await client.get(LocalResource, name))?.status;
const eventsFor = async (client: Client, name: string) =>
  (await client.list(Event)).items.filter(({ involvedObject }) => involvedObject.name === name);
const on = (kind: string, name: string, condition = "Ready") => [{ kind, name, condition }];

test("a resource that waits says for whom, why, and what that one wrote last; its Events do not", async ({
  client,
  root,
}) => {
  const readinessProbe = { exec: { command: sh("test -e up || { echo no socket; exit 1; }") } };
  const argv = sh(`echo "password is s3cret"; ${forever}`);
  await client.create(LocalProcess, "db", { argv, readinessProbe });
  await client.create(LocalResource, "api", {
    dependsOn: on("LocalProcess", "db"),
    serveTemplate: { argv: sh(forever) },
  });
  await expect
    .poll(async () => (await statusOf(client, "api"))?.message)
    .toMatch(
      /^waits for LocalProcess\/db \(not ready since [\d:]{8}: exec sh exited with 1: no socket; last log: "password is s3cret"\)$/,
    );
  await expect
    .poll(async () => (await eventsFor(client, "api")).map(({ message }) => message))
    .toContainEqual(expect.stringContaining("no socket"));
  expect(JSON.stringify(await eventsFor(client, "api"))).not.toContain("s3cret");
  await writeFile(path.join(root, "up"), "");
  await client.waitFor(LocalResource, "api", "Ready", { timeoutMs: 10_000 });
});

test("TRG-18: a dependency that can never be met is a condition at once, and an Event when it stays so", async ({
  client,
}) => {
  await client.create(LocalProcess, "db", { argv: sh(forever), disabled: true });
  await client.create(LocalResource, "api", {
    dependsOn: on("LocalProcess", "db"),
    serveTemplate: { argv: sh(forever) },
  });
  const unmet = { type: "DependencyUnmet", status: "True", reason: "Disabled" };
  await expect
    .poll(async () => (await statusOf(client, "api"))?.conditions)
    .toContainEqual(
      expect.objectContaining({ ...unmet, message: "LocalProcess/db: it is disabled; tiltish enable db" }),
    );
  await expect
    .poll(async () => (await eventsFor(client, "api")).map(({ reason, type }) => `${type} ${reason}`))
    .toContain("Warning DependencyUnmet");
  await client.patch(LocalProcess, "db", { spec: { disabled: false } });
  await client.waitFor(LocalResource, "api", "Ready", { timeoutMs: 10_000 });
  expect((await statusOf(client, "api"))?.conditions?.map(({ type }) => type)).toEqual(["Serving", "Ready"]);
});

test("a resource may wait for another one to have started, to have completed, or just to have ended", async ({
  client,
  root,
}) => {
  const gate = sh("while ! test -e go; do sleep 0.02; done; exit 3");
  await client.create(LocalResource, "job", {
    serveTemplate: { argv: gate, restartPolicy: "Never", readinessProbe: { exec: { command: ["false"] } } },
  });
  for (const condition of ["Started", "Completed", "Finished"]) {
    await client.create(LocalResource, condition.toLowerCase(), {
      dependsOn: on("LocalResource", "job", condition),
      buildTemplate: { argv: ["true"] },
    });
  }
  const states = async () =>
    Promise.all(
      ["started", "completed", "finished"].map(async (name) => (await statusOf(client, name))?.state),
    );
  await expect.poll(states).toEqual(["Succeeded", "Waiting", "Waiting"]);
  await writeFile(path.join(root, "go"), "");
  await expect.poll(states).toEqual(["Succeeded", "Waiting", "Succeeded"]);
});
