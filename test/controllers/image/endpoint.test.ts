import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base } from "vitest";
import { credentialsFor } from "../../../controllers/image/engine/credentials.ts";
import { endpointOf } from "../../../controllers/image/engine/endpoint.ts";

const test = base.extend<{ config: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  config: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), "tiltish-config-"));
    await use(directory);
    await rm(directory, { recursive: true, force: true });
  },
});

async function writeContext(config: string, name: string, host: string): Promise<string> {
  const id = createHash("sha256").update(name).digest("hex");
  const meta = join(config, "contexts", "meta", id);
  await mkdir(meta, { recursive: true });
  await writeFile(
    join(meta, "meta.json"),
    JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }),
  );
  const tls = join(config, "contexts", "tls", id, "docker");
  await mkdir(tls, { recursive: true });
  return tls;
}

test("DOCKER_HOST comes before the current context, and that before the default socket", async ({
  config,
}) => {
  const env = { DOCKER_CONFIG: config, HOME: config };
  expect(await endpointOf(env)).toMatchObject({ url: "unix:///var/run/docker.sock", source: "the default" });
  const tls = await writeContext(config, "far", "tcp://far:2376");
  await writeFile(join(tls, "ca.pem"), "CA");
  await writeFile(join(config, "config.json"), JSON.stringify({ currentContext: "far" }));
  expect(await endpointOf(env)).toMatchObject({
    url: "tcp://far:2376",
    source: "docker context far",
    tls: { ca: Buffer.from("CA"), isVerified: true },
  });
  expect(await endpointOf({ ...env, DOCKER_CONTEXT: "default" })).toMatchObject({ source: "the default" });
  const host = { ...env, DOCKER_HOST: "near:2376", DOCKER_CERT_PATH: tls, DOCKER_TLS_VERIFY: "1" };
  expect(await endpointOf(host)).toMatchObject({
    url: "tcp://near:2376",
    source: "DOCKER_HOST",
    tls: { isVerified: true },
  });
});

test("a context that is not known, and a config that cannot be read, are named", async ({ config }) => {
  const env = { DOCKER_CONFIG: config, DOCKER_CONTEXT: "nobody" };
  await expect(endpointOf(env)).rejects.toThrow(
    /docker context "nobody" is not known; see docker context ls/,
  );
  await writeFile(join(config, "config.json"), "{ s3cret");
  const read = endpointOf({ DOCKER_CONFIG: config });
  await expect(read).rejects.toThrow(
    /^((?!s3cret).)*config.json cannot be used: it is no JSON; mend it((?!s3cret).)*$/,
  );
});

test("a login is found by host, as an address, and for Docker Hub by its old name", async ({ config }) => {
  const auth = Buffer.from("alice:pass:word").toString("base64");
  const auths = {
    "https://reg.example/v2/": { auth },
    "https://index.docker.io/v1/": { identitytoken: "token" },
  };
  await writeFile(join(config, "config.json"), JSON.stringify({ auths }));
  const env = { DOCKER_CONFIG: config };
  expect(await credentialsFor("reg.example", env)).toMatchObject({
    username: "alice",
    password: "pass:word",
  });
  expect(await credentialsFor("docker.io", env)).toMatchObject({ identitytoken: "token" });
  expect(await credentialsFor("other.example", env)).toBeUndefined();
});
