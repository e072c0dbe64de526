import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { Offers } from "../buildkit/session.ts";
import type { Environment } from "../engine/config.ts";
import { credentialsFor } from "../engine/credentials.ts";
import { ImageFailure, textOf } from "../failure.ts";
import { readSmall } from "../files.ts";

type Spec = DockerImage["spec"];

/** What of this machine the build may ask for. @throws ImageFailure `SecretMissing`, `SshAgentMissing` */
export async function offersOf(spec: Spec, root: string, env: Environment): Promise<Offers> {
  const secrets = await Promise.all(
    (spec.secrets ?? []).map(async (secret) => [secret.id, await secretOf(secret, root, env)] as const),
  );
  const agents = await Promise.all((spec.ssh ?? []).map((entry) => agentOf(entry, root, env)));
  return {
    secrets: new Map(secrets),
    agents: new Map(agents),
    credentials: (registry) => credentialsFor(registry, env),
  };
}

type Secret = NonNullable<Spec["secrets"]>[number];

async function secretOf({ id, src, env: variable }: Secret, root: string, env: Environment): Promise<Buffer> {
  if (src === undefined) {
    const value = env[variable ?? ""];
    if (value !== undefined) return Buffer.from(value);
    throw noSecret(id, `tiltish has no environment variable ${variable}; set it where tiltish is started`);
  }
  try {
    return await readSmall(resolve(root, src), LARGEST_SECRET);
  } catch (error) {
    throw noSecret(id, `${textOf(error)}; create the file, or mend spec.secrets`);
  }
}

/** BuildKit takes no larger ones. */
const LARGEST_SECRET = 500 * 1024;

const noSecret = (id: string, why: string): ImageFailure =>
  new ImageFailure({ reason: "SecretMissing", message: `secret ${id}: ${why}`, isTransient: true });

/** `default`, `default=/path/of/socket`, `github=/path/of/socket` */
async function agentOf(entry: string, root: string, env: Environment): Promise<[string, string]> {
  const [id = "default", ...rest] = entry.split("=");
  const path = rest.length > 0 ? resolve(root, rest.join("=")) : env["SSH_AUTH_SOCK"];
  const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path !== undefined && found?.isSocket()) return [id, path];
  const where = path === undefined ? "SSH_AUTH_SOCK is not set" : `${path} is no socket`;
  const message = `ssh agent ${id}: ${where}; start ssh-agent, or give its socket as ${id}=/path`;
  throw new ImageFailure({ reason: "SshAgentMissing", message, isTransient: true });
}
