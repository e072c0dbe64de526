import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { expect } from "vitest";
import { parse } from "yaml";
import { sleeper, test } from "./driver.ts";

interface Kubeconfig {
  clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  users: { user: { token: string } }[];
  contexts: { context: { namespace: string } }[];
}

/** As any client does with a kubeconfig. */
function statusOf(config: Kubeconfig, path: string, method = "GET"): Promise<number | undefined> {
  const { server, "certificate-authority-data": ca } = config.clusters[0]!.cluster;
  const headers = { authorization: `Bearer ${config.users[0]!.user.token}` };
  return new Promise((resolve, reject) => {
    const options = { method, headers, ca: Buffer.from(ca, "base64"), agent: false };
    const sent = request(server + path, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject).end();
  });
}

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

test("a token that may only read is made, used, listed and deleted while the server runs", async ({
  driver,
}) => {
  await driver.serve();
  const made = await driver.run([
    "token",
    "create",
    "ci",
    "--read-only",
    "-n",
    "default",
    "-o",
    "kubeconfig",
  ]);
  expect(made).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(
      /^token "ci" may read everything but Secrets in namespace default\. It is shown only now/,
    ),
  });
  const config = parse(made.stdout) as Kubeconfig;
  expect(config.contexts[0]!.context.namespace).toBe("default");
  expect(await statusOf(config, CONFIG_MAPS)).toBe(200);
  expect(await statusOf(config, "/api/v1/configmaps")).toBe(403);
  expect(await statusOf(config, `${CONFIG_MAPS}/a`, "DELETE")).toBe(403);

  await driver.write("ci.kubeconfig", made.stdout);
  await driver.write("web.yaml", sleeper("web"));
  const asCi = ["--kubeconfig", driver.path("ci.kubeconfig")];
  expect(await driver.run(["get", "cm", ...asCi])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("No resources"),
  });
  expect(await driver.run(["apply", "-f", "web.yaml", ...asCi])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'localprocesses.tiltish.dev is forbidden: User "tiltish:token:ci" cannot create resource "localprocesses" in API group "tiltish.dev" in the namespace "default"',
    ),
  });

  expect((await driver.run(["token", "list"])).stdout).toMatch(
    /^NAME +NAMESPACE +SECRETS +EXPIRES +AGE +STATUS\nci +default +no +never +\d+s +Active\n$/,
  );
  expect(await driver.run(["token", "delete", "ci"])).toMatchObject({
    code: 0,
    stdout: 'token "ci" deleted\n',
  });
  expect(await statusOf(config, CONFIG_MAPS)).toBe(401);
  expect(await driver.run(["token", "list"])).toMatchObject({ code: 0, stdout: "" });
});

test("a token that is made before the server starts lets in afterwards", async ({ driver }) => {
  const stateDir = driver.path("state");
  const at = ["--state-dir", stateDir];
  const { stdout } = await driver.run(["token", "create", "early", "--read-only", ...at]);
  expect(stdout).toMatch(/^early\.[\w-]{43}\n$/);
  expect(await driver.run(["token", "create", "--read-only", "-o", "kubeconfig", ...at])).toMatchObject({
    code: 3,
    stdout: "",
    stderr: expect.stringContaining("none has run here yet"),
  });
  expect(readdirSync(join(stateDir, "tokens"))).toEqual(["early.json"]);

  driver.env["TILTISH_STATE_DIR"] = stateDir;
  await driver.serve();
  const full = parse(readFileSync(join(stateDir, "kubeconfig"), "utf8")) as Kubeconfig;
  const config = { ...full, users: [{ user: { token: stdout.trim() } }] };
  expect(await statusOf(config, "/api/v1/configmaps")).toBe(200);
  expect(await statusOf(config, "/api/v1/secrets")).toBe(403);
});

test("only digests are kept, in files for their owner only", async ({ driver }) => {
  const stateDir = driver.path("state");
  const at = ["--state-dir", stateDir];
  const made = await driver.run(["token", "create", "ci", "--read-only", "--ttl", "8h", "-o", "json", ...at]);
  const { token, ...rest } = JSON.parse(made.stdout) as {
    token: string;
    createdAt: string;
    expiresAt: string;
  };
  expect(rest).toMatchObject({ name: "ci", secrets: false });
  expect(Date.parse(rest.expiresAt) - Date.parse(rest.createdAt)).toBe(8 * 3_600_000);
  const file = join(stateDir, "tokens", "ci.json");
  const text = readFileSync(file, "utf8");
  expect(text).not.toContain(token);
  expect(text).not.toContain(token.split(".")[1]);
  expect([stateDir, join(stateDir, "tokens"), file].map((path) => statSync(path).mode & 0o777)).toEqual([
    0o700, 0o700, 0o600,
  ]);
  const listed = JSON.parse((await driver.run(["token", "list", "-o", "json", ...at])).stdout) as object[];
  expect(listed).toEqual([{ ...rest, expired: false }]);
});

test("a name is taken once, however many ask for it at once", async ({ driver }) => {
  const at = ["--state-dir", driver.path("state")];
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, () => driver.run(["token", "create", "ci", "--read-only", ...at])),
  );
  expect(outcomes.filter(({ code }) => code === 0)).toHaveLength(1);
  for (const { code, stderr, stdout } of outcomes) {
    if (code === 0) continue;
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe('error: there is a token "ci" already; tiltish token delete ci ends it\n');
  }
  expect(readdirSync(join(driver.path("state"), "tokens"))).toEqual(["ci.json"]);
});

test("a damaged file is listed with what is wrong, and can be deleted", async ({ driver }) => {
  const stateDir = driver.path("state");
  const at = ["--state-dir", stateDir];
  mkdirSync(join(stateDir, "tokens"), { recursive: true });
  writeFileSync(join(stateDir, "tokens", "torn.json"), '{"name": "to');
  await driver.run(["token", "create", "good", "--read-only", ...at]);
  const { stdout, code } = await driver.run(["token", "list", ...at]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^good .* Active$/m);
  expect(stdout).toMatch(/^torn .*damaged, and refused: it holds no JSON \(.*torn\.json\)$/m);
  expect(await driver.run(["token", "delete", "torn", ...at])).toMatchObject({ code: 0 });
  expect((await driver.run(["token", "list", ...at])).stdout).not.toContain("torn");
});

test("what makes no sense is refused, and makes nothing", async ({ driver }) => {
  const at = ["--state-dir", driver.path("state")];
  for (const [args, code, message] of [
    [
      ["create", "ci"],
      2,
      "a token that may do everything is there already, see tiltish kubeconfig; add --read-only",
    ],
    [["create", "CI", "--read-only"], 2, 'the name "CI" cannot be'],
    [["create", "../ci", "--read-only"], 2, 'the name "../ci" cannot be'],
    [["create", "ci", "--read-only", "-n", "a/b"], 2, 'the namespace "a/b" cannot be'],
    [["create", "ci", "--read-only", "--ttl", "0s"], 2, "--ttl takes a duration above 0"],
    [["create", "ci", "--read-only", "--ttl", "1000000h"], 2, "of at most ten years"],
    [["create", "ci", "--read-only", "--ttl", "soon"], 2, "--ttl takes a duration"],
    [["create", "ci", "--read-only", "-o", "yaml"], 2, "--output is one of token, kubeconfig, json"],
    [["create", "ci", "di", "--read-only"], 2, "one token at a time"],
    [["create", "ci", "--read-only", "--server", "https://x"], 2, "tokens are made in a state directory"],
    [["delete"], 2, "which token?"],
    [["delete", "ci"], 1, 'there is no token "ci"'],
    [["delete", "a", "b"], 1, 'there is no token "a", "b"'],
    [["delete", "../../token"], 1, "there is no token"],
    [["revoke"], 2, 'unknown "token revoke"; there are create, list and delete'],
    [[], 2, "which of create, list and delete?"],
  ] as const) {
    const outcome = await driver.run(["token", ...args, ...at]);
    expect([args, outcome.code, outcome.stdout]).toEqual([args, code, ""]);
    expect(outcome.stderr).toContain(message);
  }
  expect((await driver.run(["token", "list", "-o", "json", ...at])).stdout).toBe("[]\n");
});

test("without a state directory of this folder nothing is made", async ({ driver }) => {
  expect(await driver.run(["token", "create", "ci", "--read-only"])).toMatchObject({
    code: 3,
    stdout: "",
    stderr: expect.stringContaining("no server has ever run for"),
  });
});

test("the completion knows what can be done with tokens, and their names", async ({ driver }) => {
  const at = ["--state-dir", driver.path("state")];
  await driver.run(["token", "create", "ci", "--read-only", ...at]);
  driver.env["TILTISH_STATE_DIR"] = driver.path("state");
  expect((await driver.run(["__complete", "token", ""])).stdout).toBe("create\nlist\ndelete\n");
  expect((await driver.run(["__complete", "token", "delete", ""])).stdout).toBe("ci\n");
});
