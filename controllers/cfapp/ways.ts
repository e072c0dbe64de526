import type { WaysRequest } from "./engine/seams.ts";
import { msOf, type Spec } from "./engine/settings.ts";
import { FastPushTransport } from "./transports/fastpush/index.ts";
import { type HostKeyPolicy, sshTransports } from "./transports/index.ts";
import type { Transport } from "./transports/transport.ts";

/** The ways to the instances of an app that its spec allows, the best first. */
export function waysTo({ settings, cc, app, space, routes }: WaysRequest): Transport[] {
  const { spec } = settings;
  const { ssh, remotePath, transport } = spec;
  const overHttp = () => {
    const url = spec.fastPush.url ?? addressIn(routes);
    return url ? [new FastPushTransport({ ...spec.fastPush, url, caFile: settings.fastPushCaFile })] : [];
  };
  const overSsh = () =>
    sshTransports({
      platform: cc,
      names: { app: app.name, space: space.name },
      hostKey: hostKeyPolicyOf(spec),
      keepaliveMs: msOf(ssh.keepalive),
      connectTimeoutMs: msOf(ssh.connectTimeout),
      remotePath,
      engine: ssh.engine,
    });
  return [
    ...(transport === "Auto" || transport === "SSH" ? overSsh() : []),
    ...(transport === "Auto" || transport === "FastPush" ? overHttp() : []),
  ];
}

/** The first route that speaks HTTP: one with a port is of another kind. */
function addressIn(routes: readonly string[]): string | undefined {
  const route = routes.find((route) => !/:\d+$/.test(route));
  return route && `https://${route}`;
}

function hostKeyPolicyOf({ ssh }: Spec): HostKeyPolicy {
  if (ssh.hostKey === "Pinned") return { mode: "Pinned", fingerprint: ssh.fingerprint ?? "" };
  return { mode: ssh.hostKey };
}
