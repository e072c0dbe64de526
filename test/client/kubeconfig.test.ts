import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readKubeconfig } from "../../client/index.ts";

const config = (server: string) => ({
  "current-context": "a",
  clusters: [{ name: "c", cluster: { server, "certificate-authority-data": btoa("PEM") } }],
  contexts: [
    { name: "a", context: { cluster: "c", user: "u", namespace: "shop" } },
    { name: "b", context: { cluster: "c", user: "v" } },
  ],
  users: [
    { name: "u", user: { token: "secret" } },
    { name: "v", user: { tokenFile: "token", "client-certificate-data": btoa("CERT") } },
  ],
});

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tiltish-"));
  await writeFile(join(folder, "token"), "from-file\n");
  await writeFile(join(folder, "config"), text);
  return join(folder, "config");
}

test("a kubeconfig names server, authority, token and namespace of its current context", async () => {
  const path = await fileWith(JSON.stringify(config("https://127.0.0.1:1")));
  expect(await readKubeconfig({ path })).toMatchObject({
    server: "https://127.0.0.1:1",
    ca: "PEM",
    token: "secret",
    namespace: "shop",
  });
});

test("another context of a kubeconfig can be asked for, and files are found beside it", async () => {
  const path = await fileWith(JSON.stringify(config("https://127.0.0.1:1")));
  expect(await readKubeconfig({ path, context: "b" })).toMatchObject({
    token: "from-file",
    cert: "CERT",
    namespace: "default",
  });
});

test("a kubeconfig may be YAML", async () => {
  const path = await fileWith(
    [
      "current-context: a",
      "clusters: [{name: c, cluster: {server: 'https://localhost:2'}}]",
      "contexts:\n- name: a\n  context: {cluster: c, user: u}",
      "users: [{name: u, user: {token: t}}]",
    ].join("\n"),
  );
  expect(await readKubeconfig({ path })).toMatchObject({ server: "https://localhost:2", token: "t" });
});

test("a context that is not there is named", async () => {
  const path = await fileWith("{}");
  await expect(readKubeconfig({ path, context: "x" })).rejects.toThrow('no context "x" with a server');
});
