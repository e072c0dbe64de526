import type { WaysRequest } from "./engine/seams.ts";
import { msOf, type Spec } from "./engine/settings.ts";
import { FastPushTransport } from "./transports/fastpush/index.ts";
import { type HostKeyPolicy, sshTransports } from "./transports/index.ts";
import type { Transport } from "./transports/transport.ts";

/** The ways to the instances of an app that its spec allows, the best first. */
export function waysTo(request: WaysRequest): Transport[] {
  const { transport } = request.settings.spec;
  const isAllowed = (way: typeof transport) => transport === "Auto" || transport === way;
  return [...(isAllowed("SSH") ? overSsh(request) : []), ...(isAllowed("FastPush") ? overHttp(request) : [])];
}

function overSsh({ settings: { spec }, cc, app, space }: WaysRequest): Transport[] {
  const { ssh, remotePath } = spec;
  return sshTransports({
    platform: cc,
    names: { app: app.name, space: space.name },
    hostKey: hostKeyPolicyOf(spec),
    keepaliveMs: msOf(ssh.keepalive),
    connectTimeoutMs: msOf(ssh.connectTimeout),
    remotePath,
    engine: ssh.engine,
  });
}

function hostKeyPolicyOf({ ssh }: Spec): HostKeyPolicy {
  if (ssh.hostKey === "Pinned") return { mode: "Pinned", fingerprint: ssh.fingerprint ?? "" };
  return { mode: ssh.hostKey };
}

/** An app without a route cannot be reached so. */
function overHttp({ settings: { spec, caFile }, routes }: WaysRequest): Transport[] {
  const {
    url = routes[0] && `https://${routes[0]}`,
    basePath,
    tokenEnv,
    skipVerify,
    extensions,
  } = spec.fastPush;
  if (!url) return [];
  return [new FastPushTransport({ url, basePath, tokenEnv, caFile, skipVerify, extensions })];
}
