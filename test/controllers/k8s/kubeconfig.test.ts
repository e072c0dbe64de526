import { writeFile } from "node:fs/promises";
import { expect } from "vitest";
import { configMap, test } from "./fixture.ts";

const SPEC = { yaml: configMap("settings"), podReadinessMode: "Ignore" } as const;

test("a plugin that hands out tokens is asked", async ({ loop }) => {
  const credential = {
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    status: { token: loop.cluster.token },
  };
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "echo",
    args: [JSON.stringify(credential)],
    interactiveMode: "Never",
  };
  await loop.cluster.writeKubeconfig(loop.kubeconfig, { user: { exec } });
  await loop.create(SPEC);
  await loop.ready();
});

const configOf = (server: unknown, user: object = {}): string =>
  JSON.stringify({
    clusters: [{ name: "a", cluster: { server } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    users: [{ name: "a", user }],
    "current-context": "a",
  });

test.for([
  ["", "BadKubeconfig", /is no kubeconfig: it is empty; mend it/],
  ["42", "NoContext", /has no current context/],
  [configOf("not a url"), "BadKubeconfig", /the server "not a url" of the cluster a .* is no URL/],
  [configOf("ftp://x"), "BadKubeconfig", /is no URL/],
  [
    configOf("https://127.0.0.1:1", { "client-certificate-data": "bm8=", "client-key-data": "bm8=" }),
    "BadCertificate",
    /a certificate or key of the context a cannot be read/,
  ],
  [configOf("https://127.0.0.1:1", { exec: {} }), "CredentialsFailed", /the plugin has no command/],
  [configOf("https://127.0.0.1:1"), "ClusterUnreachable", /does not answer at https:\/\/127.0.0.1:1/],
] as const)("of the kubeconfig %s it is said what is wrong", async ([text, reason, message], { loop }) => {
  await writeFile(loop.kubeconfig, text);
  await loop.create(SPEC);
  await loop.until("Ready", { status: "False", reason, message: expect.stringMatching(message) });
  await loop.cluster.writeKubeconfig(loop.kubeconfig);
  await loop.ready();
});

const API = "client.authentication.k8s.io/v1";

test.for([
  ["echo login >&2; exit 3", /the plugin sh exited with code 3: login; run it in a terminal/],
  ["echo a-token-that-is-no-json", /has printed no ExecCredential with a token or a certificate; run it/],
  ["echo '{}'", /has printed no ExecCredential/],
  ["while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", /prints too much/],
] as const)(
  "of a plugin that does %s it is said what is wrong, and what to do",
  async ([script, message], { loop }) => {
    const exec = { apiVersion: API, command: "sh", args: ["-c", script], interactiveMode: "Never" };
    await loop.cluster.writeKubeconfig(loop.kubeconfig, { user: { exec } });
    await loop.create(SPEC);
    await loop.until("Connected", { status: "False", reason: "CredentialsFailed" });
    expect((await loop.condition("Connected")).message).toMatch(message);
    expect(JSON.stringify(await loop.status())).not.toContain("a-token");
    await loop.cluster.writeKubeconfig(loop.kubeconfig);
    await loop.ready();
  },
);

test("a plugin is told what client-go tells it", async ({ loop }) => {
  const credential = JSON.stringify({ kind: "ExecCredential", status: { token: loop.cluster.token } });
  const script = `case "$KUBERNETES_EXEC_INFO" in *ExecCredential*) echo '${credential}';; esac`;
  const exec = { apiVersion: API, command: "sh", args: ["-c", script], interactiveMode: "Never" };
  await loop.cluster.writeKubeconfig(loop.kubeconfig, { user: { exec } });
  await loop.create(SPEC);
  await loop.ready();
});
