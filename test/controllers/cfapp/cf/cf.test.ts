import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { describe, expect, test as base } from "vitest";
import {
  CloudController,
  configFile,
  fingerprintOf,
  Http,
  isFingerprintOf,
  Tokens,
} from "../../../../controllers/cfapp/cf/index.ts";
import { Foundation } from "./foundation.ts";

const http = new Http();

const test = base.extend<{ foundation: Foundation; cfHome: string }>({
  // oxlint-disable-next-line no-empty-pattern
  foundation: async ({}, use) => {
    const foundation = await Foundation.start();
    await use(foundation);
    await foundation.close();
  },
  // oxlint-disable-next-line no-empty-pattern
  cfHome: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), "tiltish-cf-"));
    await use(directory);
    await rm(directory, { recursive: true });
  },
});

const tokensIn = (cfHome: string) => new Tokens(configFile(cfHome), () => http);

async function controllerFor(foundation: Foundation, cfHome: string): Promise<CloudController> {
  await foundation.login(cfHome);
  return new CloudController({ http, tokens: tokensIn(cfHome), api: foundation.url });
}

describe("who is logged in", () => {
  test("is read from where cf keeps it, and nothing is written there", async ({ foundation, cfHome }) => {
    const file = await foundation.login(cfHome, { AccessToken: foundation.accessToken(10) });
    const before = await readFile(file, "utf8");
    const tokens = tokensIn(cfHome);
    expect(await tokens.config()).toMatchObject({
      api: foundation.url,
      org: { guid: "org-1", name: "dev" },
      space: { name: "me" },
      sshClient: "ssh-proxy",
      skipVerify: false,
    });
    await tokens.authorization();
    expect(await readFile(file, "utf8")).toBe(before);
  });

  test("nobody, in a way that says what to do", async ({ foundation, cfHome }) => {
    const refused = (more: RegExp) => expect(tokensIn(cfHome).config()).rejects.toThrow(more);
    await refused(/there is no .*cf login/);
    await foundation.login(cfHome, { ConfigVersion: 3 });
    await refused(/version 4/);
    await foundation.login(cfHome, { AccessToken: "", RefreshToken: "" });
    await expect(tokensIn(cfHome).config()).rejects.toMatchObject({ reason: "NotLoggedIn" });
  });

  test("CF-21: a token that has ended, or soon will, is renewed once for all who ask", async ({
    foundation,
    cfHome,
  }) => {
    await foundation.login(cfHome, { AccessToken: foundation.accessToken(30) });
    const tokens = tokensIn(cfHome);
    const all = await Promise.all([1, 2, 3].map(() => tokens.authorization()));
    expect(new Set(all).size).toBe(1);
    expect(foundation.asked).toEqual(["POST /oauth/token"]);
    expect(await tokens.authorization()).toBe(all[0]);
  });

  test("CF-22: when nothing can be renewed, the next login counts by itself", async ({
    foundation,
    cfHome,
  }) => {
    await foundation.login(cfHome, { AccessToken: foundation.accessToken(0) });
    const tokens = tokensIn(cfHome);
    foundation.revoke();
    const refusal = tokens.authorization();
    await expect(refusal).rejects.toMatchObject({ reason: "TokenExpired" });
    await expect(refusal).rejects.toThrow(/cf login/);
    await foundation.login(cfHome);
    expect(await tokens.authorization()).toMatch(/^bearer /);
  });

  test("may be a program, with a secret of its own", async ({ foundation, cfHome }) => {
    const program = {
      UAAGrantType: "client_credentials",
      UAAOAuthClient: "ci",
      UAAOAuthClientSecret: "s3cret",
    };
    await foundation.login(cfHome, { ...program, AccessToken: foundation.accessToken(0), RefreshToken: "" });
    expect(await tokensIn(cfHome).authorization()).toMatch(/^bearer /);
  });
});

describe("the Cloud Controller", () => {
  test("says where ssh is", async ({ foundation, cfHome }) => {
    const controller = await controllerFor(foundation, cfHome);
    const app_ssh = { href: "ssh.example.com:2222", meta: { host_key_fingerprint: "abc" } };
    foundation.on("/", () => ({ links: { app_ssh, cloud_controller_v3: { meta: { version: "3.200.0" } } } }));
    expect(await controller.platform()).toEqual({
      version: "3.200.0",
      ssh: { host: "ssh.example.com", port: 2222, fingerprint: "abc" },
      logCache: undefined,
    });
    foundation.on("/", () => ({ links: { app_ssh: null } }));
    expect((await controller.platform()).ssh).toBeUndefined();
  });

  test("finds an app by its name, or not", async ({ foundation, cfHome }) => {
    const controller = await controllerFor(foundation, cfHome);
    const app = { guid: "a1", name: "my app", state: "STARTED", lifecycle: {} };
    foundation.on("/v3/apps?names=my+app&space_guids=space-1", () => ({ resources: [app] }));
    foundation.on("/v3/apps", () => ({ resources: [] }));
    expect(await controller.app("my app", "space-1")).toEqual({
      guid: "a1",
      name: "my app",
      state: "STARTED",
    });
    expect(await controller.app("none", "space-1")).toBeUndefined();
  });

  test("tells of the instances of a process", async ({ foundation, cfHome }) => {
    const controller = await controllerFor(foundation, cfHome);
    foundation.on("/v3/apps/a1/processes", () => ({
      resources: [
        { guid: "w", type: "worker" },
        { guid: "p", type: "web" },
      ],
    }));
    const running = {
      index: 0,
      state: "RUNNING",
      instance_guid: "i0",
      disk_quota: 1024,
      usage: { disk: 10 },
    };
    foundation.on("/v3/processes/p/stats", () => ({ resources: [running, { index: 1, state: "DOWN" }] }));
    expect(await controller.process("a1", "web")).toBe("p");
    expect(await controller.process("a1", "none")).toBeUndefined();
    expect(await controller.instances("p")).toEqual([
      { index: 0, instanceGuid: "i0", state: "RUNNING", diskQuota: 1024, diskUsage: 10 },
      { index: 1, instanceGuid: "", state: "DOWN", diskQuota: undefined, diskUsage: undefined },
    ]);
  });

  test("a space that one may not see is none", async ({ foundation, cfHome }) => {
    const controller = await controllerFor(foundation, cfHome);
    foundation.on("/v3/organizations", () => ({ resources: [{ guid: "o", name: "dev" }] }));
    foundation.on("/v3/spaces", () => ({ resources: [] }));
    await expect(controller.space("dev", "x")).rejects.toMatchObject({ reason: "NoTarget" });
  });

  test("gives another code for each login with ssh", async ({ foundation, cfHome }) => {
    const controller = await controllerFor(foundation, cfHome);
    expect([await controller.sshCode(), await controller.sshCode()]).toEqual(["code-1", "code-2"]);
    expect(foundation.asked.at(-1)).toBe("GET /oauth/authorize?response_type=code&client_id=ssh-proxy");
  });

  test("that refuses a token is asked once more with a new one, and not again", async ({
    foundation,
    cfHome,
  }) => {
    const controller = await controllerFor(foundation, cfHome);
    foundation.on("/v3/apps", () => ({ resources: [] }));
    foundation.revokeAccess();
    expect(await controller.app("a", "s")).toBeUndefined();
    expect(foundation.asked.map((line) => line.replace(/\?.*/, ""))).toEqual([
      "GET /v3/apps",
      "POST /oauth/token",
      "GET /v3/apps",
    ]);
    foundation.revoke();
    await expect(controller.app("a", "s")).rejects.toMatchObject({ reason: "TokenExpired" });
  });

  test("whose UAA gives tokens that it refuses asks for a login, and asks nobody else", async ({
    foundation,
    cfHome,
  }) => {
    const controller = await controllerFor(foundation, cfHome);
    foundation.revokeAccess();
    foundation.isRefusing = true;
    await expect(controller.app("a", "s")).rejects.toMatchObject({
      name: "AuthError",
      reason: "TokenExpired",
    });
    expect(foundation.asked.map((line) => line.replace(/\?.*/, ""))).toEqual([
      "GET /v3/apps",
      "POST /oauth/token",
      "GET /v3/apps",
    ]);
  });

  test("says what is wrong in its own words", async ({ foundation, cfHome }) => {
    const controller = await controllerFor(foundation, cfHome);
    await expect(controller.get("/v3/nothing?secret=1")).rejects.toMatchObject({
      status: 404,
      code: "CF-NotFound",
      message: "/v3/nothing: Unknown request",
      isTransient: false,
    });
  });
});

base("a host key is known by its fingerprint in any of four ways of writing", () => {
  const key = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" });
  const digest = (name: string) => createHash(name).update(key);
  const colons = (name: string) => digest(name).digest("hex").match(/../g)!.join(":");
  const written = [
    fingerprintOf(key),
    digest("sha256").digest("base64"),
    digest("sha256").digest("hex").toUpperCase(),
    colons("sha1"),
    colons("md5"),
    `MD5:${colons("md5")}`,
  ];
  const other = Buffer.from(key);
  other[0]! ^= 1;
  for (const fingerprint of written) {
    expect(isFingerprintOf(fingerprint, key)).toBe(true);
    expect(isFingerprintOf(fingerprint, other)).toBe(false);
  }
  for (const nothing of ["", "SHA256:", "abc", written[0]!.slice(0, -1)])
    expect(isFingerprintOf(nothing, key)).toBe(false);
});
