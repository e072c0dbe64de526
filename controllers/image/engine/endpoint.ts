import { createHash } from "node:crypto";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ImageFailure } from "../failure.ts";
import { readSmall } from "../files.ts";
import type { Environment } from "./config.ts";
import { LONGEST_CONFIG, readDockerConfig } from "./config.ts";

export interface Tls {
  ca?: Buffer | undefined;
  cert?: Buffer | undefined;
  key?: Buffer | undefined;
  /** Whether the certificate of the engine must be one that we trust. */
  isVerified: boolean;
}

/** Where an engine is, and who says so. */
export interface Endpoint {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host` */
  url: string;
  /** For people: `DOCKER_HOST`, `docker context desktop`, `the default`. */
  source: string;
  tls?: Tls | undefined;
}

/** The engine that the docker command line would talk to: `DOCKER_HOST`, then the current context, then the socket. */
export async function endpointOf(env: Environment): Promise<Endpoint> {
  const host = env["DOCKER_HOST"];
  if (host) return { url: urlOf(host), source: "DOCKER_HOST", tls: await tlsOfEnvironment(env) };
  const { currentContext, directory } = await readDockerConfig(env);
  const context = env["DOCKER_CONTEXT"] || currentContext;
  return context && context !== "default" ? contextEndpoint(directory, context) : defaultEndpoint(env);
}

const urlOf = (host: string): string => (host.includes("://") ? host : `tcp://${host}`);

/** As docker's own clients: certificates are used where they are named, and checked where that is asked for. */
async function tlsOfEnvironment(env: Environment): Promise<Tls | undefined> {
  const directory = env["DOCKER_CERT_PATH"];
  if (!directory) return undefined;
  return readTls(directory, Boolean(env["DOCKER_TLS_VERIFY"]));
}

async function readTls(directory: string, isVerified: boolean): Promise<Tls> {
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((name) =>
      readSmall(join(directory, name), LONGEST_CONFIG).catch(() => undefined),
    ),
  );
  return { ca, cert, key, isVerified };
}

interface ContextMeta {
  Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
}

async function contextEndpoint(directory: string, name: string): Promise<Endpoint> {
  const id = createHash("sha256").update(name).digest("hex");
  const path = join(directory, "contexts", "meta", id, "meta.json");
  const meta = await readSmall(path, LONGEST_CONFIG).then(
    (text) => JSON.parse(text.toString()) as ContextMeta,
    () => undefined,
  );
  const { Host, SkipTLSVerify = false } = meta?.Endpoints?.docker ?? {};
  if (!Host) throw noContext(name);
  const tlsDirectory = join(directory, "contexts", "tls", id, "docker");
  const tls = (await isThere(tlsDirectory)) ? await readTls(tlsDirectory, !SkipTLSVerify) : undefined;
  return { url: urlOf(Host), source: `docker context ${name}`, tls };
}

const noContext = (name: string): ImageFailure =>
  new ImageFailure({
    reason: "EngineUnreachable",
    message: `docker context ${JSON.stringify(name)} is not known; see docker context ls, choose another one, or set DOCKER_HOST`,
    isTransient: true,
  });

const DEFAULT_SOCKET = "/var/run/docker.sock";

/** Docker Desktop has its socket at home. */
async function defaultEndpoint(env: Environment): Promise<Endpoint> {
  const atHome = join(env["HOME"] || homedir(), ".docker", "run", "docker.sock");
  const useHome = !(await isThere(DEFAULT_SOCKET)) && (await isThere(atHome));
  return { url: `unix://${useHome ? atHome : DEFAULT_SOCKET}`, source: "the default" };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
