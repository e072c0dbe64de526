import type { RequestOptions } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import type { HttpAccess } from "../../../client/index.ts";
import { Problem } from "../problem.ts";
import type { Target } from "../target/index.ts";
import { type Asking, askPlugin, type Credential } from "./plugin.ts";

type Options = RequestOptions & { servername?: string };

/** Whom it asks, such as a provider of tokens, may never answer. */
const PATIENCE_MS = 30_000;

/** How requests to a cluster are made to be believed. @throws Problem */
export async function accessFor(target: Target, signal: AbortSignal): Promise<HttpAccess> {
  const { login, plugin, context } = target;
  const options: Options = { headers: {} };
  const credential = plugin && (await askPlugin(plugin, { context, signal }));
  await inTime(login.applyToHTTPSOptions(options), { context, signal });
  const isProxied = login.getCurrentCluster()?.proxyUrl !== undefined;
  return {
    headers: headersOf(options, credential),
    tls: tlsOf(options, credential),
    ...(isProxied && typeof options.agent === "object" && { agent: options.agent }),
  };
}

function headersOf({ headers, auth }: Options, credential: Credential | undefined): Record<string, string> {
  return {
    ...(headers as Record<string, string>),
    ...(auth && { authorization: `Basic ${Buffer.from(auth).toString("base64")}` }),
    ...(credential?.token && { authorization: `Bearer ${credential.token}` }),
  };
}

function tlsOf(options: Options, credential: Credential | undefined): HttpAccess["tls"] {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const { clientCertificateData = cert, clientKeyData = key } = credential ?? {};
  const tls = { ca, pfx, passphrase, rejectUnauthorized, servername };
  const all = { ...tls, cert: clientCertificateData, key: clientKeyData };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

async function inTime(work: Promise<void>, { context, signal }: Asking): Promise<void> {
  const done = new AbortController();
  const ends = { signal: AbortSignal.any([signal, done.signal]) };
  const late = delay(PATIENCE_MS, undefined, ends).then(() => {
    throw new Error(`nobody has answered in ${PATIENCE_MS / 1_000} s`);
  });
  try {
    await Promise.race([work, late]);
  } catch (cause) {
    const { message } = cause as Error;
    const text = `no credentials for the context ${context}: ${message}; log in again, or correct its user in the kubeconfig`;
    throw new Problem("CredentialsFailed", text, { isPassing: true, cause });
  } finally {
    done.abort();
  }
}
