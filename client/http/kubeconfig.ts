import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import type { HttpTarget } from "./exchange.ts";

export interface KubeconfigOptions {
  /** `$KUBECONFIG`, or else `~/.kube/config`, unless given. */
  path?: string;
  /** The file's current one unless given. */
  context?: string;
}

/** What a kubeconfig says: where the server is, and which namespace is home. */
export interface KubeconfigTarget extends HttpTarget {
  namespace: string;
}

interface Cluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
}

interface User {
  token?: string;
  tokenFile?: string;
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
}

interface Kubeconfig {
  "current-context"?: string;
  clusters?: { name: string; cluster?: Cluster }[];
  contexts?: { name: string; context?: { cluster?: string; user?: string; namespace?: string } }[];
  users?: { name: string; user?: User }[];
}

/**
 * Reads one file. Users who authenticate with a plugin are not supported.
 *
 * @throws Error if the file, or what it must name, is not there.
 */
export async function readKubeconfig({ path, context }: KubeconfigOptions = {}): Promise<KubeconfigTarget> {
  const file = path ?? defaultPath();
  const config = await parse(await readFile(file, "utf8"));
  const wanted = context ?? config["current-context"];
  const entry = config.contexts?.find(({ name }) => name === wanted)?.context;
  const cluster = config.clusters?.find(({ name }) => name === entry?.cluster)?.cluster;
  if (!entry || !cluster?.server) throw new Error(`${file} has no context "${wanted ?? ""}" with a server`);
  const user = config.users?.find(({ name }) => name === entry.user)?.user ?? {};
  const pem = pemReader(dirname(file));
  return {
    server: cluster.server,
    namespace: entry.namespace ?? "default",
    ca: await pem(cluster["certificate-authority-data"], cluster["certificate-authority"]),
    insecure: cluster["insecure-skip-tls-verify"],
    token: user.token ?? (await pem(undefined, user.tokenFile))?.trim(),
    cert: await pem(user["client-certificate-data"], user["client-certificate"]),
    key: await pem(user["client-key-data"], user["client-key"]),
  };
}

/** JSON is YAML too, and needs no parser of 100 kB. */
async function parse(text: string): Promise<Kubeconfig> {
  if (text.trimStart().startsWith("{")) return JSON.parse(text) as Kubeconfig;
  const { parse } = await import("yaml");
  return (parse(text) ?? {}) as Kubeconfig;
}

/** Base64 in the file itself, or a path relative to it. */
const pemReader =
  (folder: string) =>
  async (data: string | undefined, path: string | undefined): Promise<string | undefined> => {
    if (data) return Buffer.from(data, "base64").toString("utf8");
    return path ? readFile(resolve(folder, path), "utf8") : undefined;
  };

const defaultPath = (): string =>
  process.env["KUBECONFIG"]?.split(delimiter).find(Boolean) ?? join(homedir(), ".kube", "config");
