import { type ChildProcess, spawn } from "node:child_process";
import { ImageFailure } from "../failure.ts";
import { type DockerConfig, type Environment, readDockerConfig } from "./config.ts";
import { inTime } from "./patience.ts";

/** A login at a registry, as the engine takes it. */
export interface Credentials {
  username?: string;
  password?: string;
  identitytoken?: string;
  serveraddress: string;
}

export interface Asking {
  signal?: AbortSignal | undefined;
  /** For a program that is asked. */
  limitMs?: number;
}

/** Docker Hub is known by this name for historical reasons. */
const HUB = "https://index.docker.io/v1/";
const HUB_HOSTS = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/** The registry that a name of an image leads to. */
export function registryOf(ref: string): string {
  const [first = "", ...rest] = ref.split("/");
  const isHost =
    rest.length > 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  return isHost ? first : "docker.io";
}

/** Whether it names a registry itself, rather than meaning Docker Hub by saying nothing. */
export const namesRegistry = (ref: string): boolean =>
  registryOf(ref) !== "docker.io" || ref.startsWith("docker.io/");

/**
 * The login that docker has for a registry, if any.
 *
 * @throws ImageFailure `CredentialHelperFailed`, `DockerConfigInvalid`; the reason of the signal
 */
export async function credentialsFor(
  registry: string,
  env: Environment,
  { signal, limitMs = HELPER_MS }: Asking = {},
): Promise<Credentials | undefined> {
  const config = await readDockerConfig(env);
  const key = HUB_HOSTS.has(registry) ? HUB : registry;
  const helper = config.credHelpers[registry] ?? config.credHelpers[key] ?? config.credsStore;
  const stored = helper ? await askHelper(helper, key, { env, signal, limitMs }) : undefined;
  return stored ?? fromAuths(config, registry, key);
}

/** Whether any login is known, so that somebody may ask for one. */
export function hasLogins({ auths, credHelpers, credsStore }: DockerConfig): boolean {
  return Object.keys(auths).length + Object.keys(credHelpers).length > 0 || credsStore !== undefined;
}

function fromAuths({ auths }: DockerConfig, registry: string, key: string): Credentials | undefined {
  const found = Object.entries(auths).find(([name]) => name === key || hostOf(name) === registry)?.[1];
  if (!found || typeof found !== "object") return undefined;
  const { auth = "", identitytoken } = found;
  const [username = "", ...password] = Buffer.from(auth, "base64").toString().split(":");
  const login = { username: found.username ?? username, password: found.password ?? password.join(":") };
  if (!identitytoken && !login.username) return undefined;
  return { ...login, ...(identitytoken && { identitytoken }), serveraddress: key };
}

/** Older versions of docker stored addresses rather than hosts. */
const hostOf = (name: string): string => name.replace(/^https?:\/\//, "").replace(/\/.*$/, "");

const HELPER_MS = 30_000;
const LONGEST_ANSWER = 64 * 1024;

interface HelperOptions extends Asking {
  env: Environment;
  limitMs: number;
}

/** Asks the program `docker-credential-<name>`. */
async function askHelper(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(name)) throw helperFailed(name, "that is no name of a program");
  const { code, output } = await runHelper(name, server, options);
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return undefined;
    throw helperFailed(name, `exit code ${code}`);
  }
  try {
    const { Username = "", Secret = "" } = JSON.parse(output) as { Username?: string; Secret?: string };
    if (Username === "<token>") return { identitytoken: Secret, serveraddress: server };
    return { username: Username, password: Secret, serveraddress: server };
  } catch {
    throw helperFailed(name, "its answer is no JSON"); // which may hold a password: it is not quoted
  }
}

/** Should it not answer, whatever it has started, and whoever holds its output open, is ended with it. */
async function runHelper(
  name: string,
  server: string,
  { env, signal, limitMs }: HelperOptions,
): Promise<{ code: number | string; output: string }> {
  signal?.throwIfAborted();
  const child = spawn(`docker-credential-${name}`, ["get"], {
    env: { ...env },
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  const late = () => helperFailed(name, `no answer within ${limitMs / 1000} s`);
  try {
    child.stdin.on("error", () => undefined); // it may end without reading
    child.stdin.end(server);
    return await inTime(() => resultOf(child, name), { limitMs, signal, late });
  } catch (error) {
    killGroup(child);
    child.stdout.destroy();
    throw error;
  }
}

function resultOf(child: ChildProcess, name: string): Promise<{ code: number | string; output: string }> {
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    if (output.length < LONGEST_ANSWER) output += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(helperFailed(name, error.message)));
    child.once("close", (code, signal) => resolve({ code: code ?? signal ?? "unknown", output }));
  });
}

/** It leads a group of its own, which outlives it if others are in there. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has gone by itself.
  }
}

const helperFailed = (name: string, why: string): ImageFailure =>
  new ImageFailure({
    reason: "CredentialHelperFailed",
    message: `docker-credential-${name} gave no login: ${why}; see that it is on the PATH of tiltish and works, or mend the docker config`,
    isTransient: true,
  });
