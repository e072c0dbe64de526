import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { ConfigMap } from "../../../apis/core/index.ts";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { K8sResource, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { configMap, deployment, type Loop, NAME, test, WAIT, yaml } from "./fixture.ts";

/** A command as people write them: finds the cluster by $KUBECONFIG, changes something there, and prints it. */
const SCRIPT = `
import { appendFileSync, readFileSync } from "node:fs";
import { request } from "node:https";
const [method, name] = process.argv.slice(2);
const config = JSON.parse(readFileSync(process.env.KUBECONFIG, "utf8"));
appendFileSync("runs.txt", [method, config["current-context"], process.env.TILTISH_IMAGE_API ?? ""].join(" ") + "\\n");
appendFileSync("namespaces.txt", config.contexts[0].context.namespace + "\\n");
console.error("doing " + method);
const { server, "certificate-authority-data": ca } = config.clusters[0].cluster;
const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { by: "command" } };
const path = "/api/v1/namespaces/default/configmaps/" + name + (method === "PATCH" ? "?fieldManager=script" : "");
const sent = request(server + path, {
  method,
  ca: Buffer.from(ca, "base64"),
  headers: {
    authorization: "Bearer " + config.users[0].user.token,
    ...(method === "PATCH" && { "content-type": "application/apply-patch+yaml" }),
  },
}, (answer) => {
  answer.resume();
  answer.on("end", () => console.log(JSON.stringify(object)));
});
sent.end(method === "PATCH" ? JSON.stringify(object) : undefined);
`;

const commandFor = (method: string, name = "by-command") => ({
  argv: [process.execPath, "script.mjs", method, name],
});

const withScript = (loop: Loop): Promise<void> => writeFile(join(loop.root, "script.mjs"), SCRIPT);

const runs = async (loop: Loop): Promise<string[]> => {
  const text = await readFile(join(loop.root, "runs.txt"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean);
};

const mapIn = (loop: Loop, name = "by-command") =>
  loop.cluster.client.get(ConfigMap, { namespace: "default", name });

const PROCESS = { namespace: "default", name: "web-k8s-apply" };

test("K8S-2: what an apply command prints is recorded, and another reconcile does not run it again", async ({
  loop,
}) => {
  await withScript(loop);
  await loop.create({ applyCommand: commandFor("PATCH") });
  await loop.ready();
  const present = await mapIn(loop);
  expect((await loop.status()).deployedUIDs).toEqual([present!.metadata.uid]);
  expect(await loop.log()).toMatch(/doing PATCH/);
  await loop.change({ displayName: "again" });
  await expect.poll(async () => (await loop.status()).observedGeneration, WAIT).toBe(2);
  await loop.shut();
  await loop.open();
  await loop.until("Connected", { status: "True" });
  await loop.change({ displayName: "and again" });
  await expect.poll(async () => (await loop.status()).observedGeneration, WAIT).toBe(3);
  await loop.ready();
  expect(await runs(loop)).toEqual(["PATCH kind-test "]);
});

test("K8S-3: commands get the images and a kubeconfig of the one context that is meant, to delete as well", async ({
  loop,
}) => {
  await withScript(loop);
  await loop.image("api", "api", "registry/api:1");
  await loop.create({
    applyCommand: commandFor("PATCH"),
    deleteCommand: commandFor("DELETE"),
    imageRefs: [{ kind: "CustomImage", name: "api" }],
  });
  await loop.ready();
  await loop.client.delete(K8sResource, NAME);
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect(await runs(loop)).toEqual(["PATCH kind-test registry/api:1", "DELETE kind-test registry/api:1"]);
});

test.for([
  [["no-such-program-at-all"], /no-such-program-at-all.* failed: /],
  [
    [process.execPath, "-e", "console.log('half done'); process.exit(77)"],
    /exited with code 77; it wrote: half done/,
  ],
  [[process.execPath, "-e", "console.log('{ garbage')"], /must print YAML .*it printed: \{ garbage/],
] as const)("K8S-4: of the command %s the error says what is wrong", async ([argv, message], { loop }) => {
  await loop.create({ applyCommand: { argv: [...argv] } });
  await loop.until("Applied", { status: "False" });
  expect((await loop.status()).error).toMatch(message);
});

test("K8S-3: the kubeconfig of a command has the namespace of the spec", async ({ loop }) => {
  await withScript(loop);
  await loop.create({ applyCommand: commandFor("PATCH"), namespace: "shop" });
  const namespaces = () => readFile(join(loop.root, "namespaces.txt"), "utf8").catch(() => "");
  await expect.poll(namespaces, WAIT).toBe("shop\n");
});

test("K8S-4: what the command writes on stderr is in its log", async ({ loop }) => {
  await withScript(loop);
  await loop.create({ applyCommand: commandFor("PATCH") });
  await loop.ready();
  expect(await loop.log()).toMatch(/^doing PATCH$/m);
});

test("K8S-6: deleted, the delete command runs once", async ({ loop }) => {
  await withScript(loop);
  await loop.create({ applyCommand: commandFor("PATCH"), deleteCommand: commandFor("DELETE") });
  await loop.ready();
  await loop.client.delete(K8sResource, NAME);
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect(await mapIn(loop)).toBeUndefined();
  expect(await runs(loop)).toEqual(["PATCH kind-test ", "DELETE kind-test "]);
});

test("K8S-7: disabled and enabled, the commands delete and apply again", async ({ loop }) => {
  await withScript(loop);
  await loop.create({ applyCommand: commandFor("PATCH"), deleteCommand: commandFor("DELETE") });
  await loop.ready();
  await loop.change({ disabled: true });
  await loop.until("Ready", { reason: "Disabled" });
  expect(await mapIn(loop)).toBeUndefined();
  await loop.change({ disabled: false });
  await loop.ready();
  expect(await runs(loop)).toEqual(["PATCH kind-test ", "DELETE kind-test ", "PATCH kind-test "]);
});

test("K8S-9: when the apply command changes, the delete command is not run", async ({ loop }) => {
  await withScript(loop);
  await loop.create({ applyCommand: commandFor("PATCH"), deleteCommand: commandFor("DELETE") });
  await loop.ready();
  await loop.change({ applyCommand: commandFor("PATCH", "another") });
  await expect.poll(() => mapIn(loop, "another"), WAIT).toBeDefined();
  await loop.ready();
  await expect.poll(() => mapIn(loop), WAIT).toBeUndefined();
  expect(await runs(loop)).toEqual(["PATCH kind-test ", "PATCH kind-test "]);
});

test("an image that was built stands in the place of its name; one that nothing uses is an error", async ({
  loop,
}) => {
  await loop.create({
    yaml: yaml(deployment("web", "docker.io/library/web:latest"), configMap("settings")),
    imageRefs: [{ kind: "CustomImage", name: "api" }],
  });
  await loop.until("Ready", { reason: "Waiting" });
  await loop.image("api", "web", "registry/web:1");
  await loop.ready();
  const template = (await loop.cluster.get("Deployment", "web"))!.spec.template;
  expect(template.spec.containers).toEqual([
    { name: "app", image: "registry/web:1", imagePullPolicy: "IfNotPresent" },
  ]);
  await loop.change({ yaml: configMap("settings") });
  await loop.until("Applied", { status: "False", reason: "ImageNotUsed" });
});

const HANGS = "echo begun >> runs.txt; echo working; exec sleep 1000";

const beginsToHang = async (loop: Loop): Promise<void> => {
  await expect.poll(() => runs(loop), WAIT).toEqual(["begun"]);
};

test("an apply command that hangs is ended by its timeout, and it is said how to go on", async ({ loop }) => {
  await loop.create({ applyCommand: { argv: ["sh", "-c", HANGS], timeout: "1s" } });
  await loop.until("Applied", { status: "False", reason: "CommandFailed" });
  expect((await loop.condition("Applied")).message).toMatch(
    /took longer than 1s; it wrote: working; raise spec.applyCommand.timeout.*tiltish trigger/,
  );
  expect(await loop.log()).toMatch(/^working$/m);
});

test("an apply command that hangs is ended by cancel, and run again by trigger", async ({ loop }) => {
  await withScript(loop);
  await loop.create({
    applyCommand: { argv: ["sh", "-c", `test -f go && exec node script.mjs PATCH by-command; ${HANGS}`] },
  });
  await beginsToHang(loop);
  const ask = (type: string) =>
    loop.client.patch(K8sResource, NAME, {
      metadata: {
        annotations: { [TRIGGER_ANNOTATION]: JSON.stringify({ type, time: new Date().toISOString() }) },
      },
    });
  await ask("Cancel");
  await loop.until("Applied", { status: "False", reason: "Canceled" });
  expect((await loop.status()).error).toMatch(/was canceled; run it again with: tiltish trigger/);
  await writeFile(join(loop.root, "go"), "");
  await loop.change({ displayName: "nothing that it depends on" });
  await expect.poll(async () => (await loop.status()).observedGeneration, WAIT).toBe(2);
  expect(await runs(loop)).toEqual(["begun"]);
  await ask("Trigger");
  await loop.ready();
  expect(await runs(loop)).toEqual(["begun", "PATCH kind-test "]);
});

test("an apply command that was mended does not wait for the one that hangs", async ({ loop }) => {
  await withScript(loop);
  await loop.create({ applyCommand: { argv: ["sh", "-c", HANGS] } });
  await beginsToHang(loop);
  await loop.change({ applyCommand: commandFor("PATCH") });
  await loop.ready();
});

test("disabled while its command hangs, that is ended before anything is deleted", async ({ loop }) => {
  await loop.create({ applyCommand: { argv: ["sh", "-c", HANGS] } });
  await beginsToHang(loop);
  await loop.change({ disabled: true });
  await loop.until("Ready", { reason: "Disabled" });
  expect(await loop.client.get(LocalProcess, PROCESS)).toBeUndefined();
});

test("that the process of its command is deleted is told, and nothing waits for it", async ({ loop }) => {
  await loop.create({ applyCommand: { argv: ["sh", "-c", HANGS] } });
  await beginsToHang(loop);
  await loop.client.delete(LocalProcess, PROCESS);
  await loop.until("Applied", {
    status: "False",
    reason: "Canceled",
    message: expect.stringMatching(/was deleted/),
  });
});

test("an output of garbage is written to the log once, and not tried again by itself", async ({ loop }) => {
  await loop.create({ applyCommand: { argv: ["sh", "-c", "echo run >> runs.txt; echo '{ garbage'"] } });
  await loop.until("Applied", { status: "False", reason: "BadYAML" });
  await writeFile(loop.kubeconfig, await readFile(loop.kubeconfig)); // everything is looked at again
  const pings = () => loop.cluster.front.count("GET", /kube-system/);
  const before = pings();
  await expect.poll(pings, WAIT).toBeGreaterThan(before);
  await loop.until("Applied", { status: "False", reason: "BadYAML" });
  expect((await loop.log()).match(/^\{ garbage$/gm)).toHaveLength(1);
  expect((await loop.events()).filter(({ reason }) => reason === "BadYAML")).toMatchObject([{ count: 1 }]);
  expect(await runs(loop)).toEqual(["run"]);
});

test("an output that is too long to be read whole is an error: nothing is cut off", async ({ loop }) => {
  const script = `
    const line = "# " + "x".repeat(998) + "\\n";
    const end = () => process.stdout.write('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"default"}}\\n');
    process.stdout.write(line.repeat(21 * 1024), end);`;
  await loop.create({ applyCommand: { argv: [process.execPath, "-e", script] } });
  await loop.until("Applied", { status: "False", reason: "TooMuchOutput" });
});

test("a Secret that a command has printed is not shown with what is wrong", async ({ loop }) => {
  const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: hunter22}\n{";
  await loop.create({
    applyCommand: { argv: [process.execPath, "-e", `console.log(${JSON.stringify(secret)})`] },
  });
  await loop.until("Applied", { status: "False", reason: "BadYAML" });
  await expect.poll(() => loop.events(), WAIT).toContainEqual(expect.objectContaining({ reason: "BadYAML" }));
  expect(JSON.stringify([await loop.status(), await loop.events()])).not.toMatch(/hunter22/);
});

test("a delete command that fails is told once, and run again when it is mended", async ({ loop }) => {
  await withScript(loop);
  const broken = { argv: ["sh", "-c", "echo try >> runs.txt; echo broken; exit 1"] };
  await loop.create({ applyCommand: commandFor("PATCH"), deleteCommand: broken });
  await loop.ready();
  await loop.client.delete(K8sResource, NAME);
  const message = async () => (await loop.status()).message;
  await expect
    .poll(message, WAIT)
    .toMatch(
      /spec.deleteCommand .*code 1; it wrote: broken; .*annotate k8sresource web tiltish.dev\/down-policy=keep/,
    );
  await writeFile(loop.kubeconfig, await readFile(loop.kubeconfig)); // everything is looked at again
  await loop.client.patch(K8sResource, NAME, {
    metadata: { annotations: { [TRIGGER_ANNOTATION]: "once more" } },
  });
  await expect.poll(() => runs(loop), WAIT).toEqual(["PATCH kind-test ", "try", "try"]);
  await expect.poll(message, WAIT).toMatch(/broken/);
  await loop.change({ deleteCommand: commandFor("DELETE") });
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect(await mapIn(loop)).toBeUndefined();
});
