import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Cluster } from "../cluster/index.ts";

/** A port of a pod. */
export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** The two channels of a port: its bytes, and what goes wrong with it. Each begins with the number of the port. */
const [DATA, ERROR] = [0, 1];
const PORT_BYTES = 2;
const PROTOCOL = "v4.channel.k8s.io";
const HANDSHAKE_MS = 10_000;
/** A client that has said all it wants to say is let go of after so long without an answer. */
const LINGER_MS = 30_000;
/** What the cluster does not take yet is not read from here. */
const HIGH_WATER = 1024 * 1024;

/**
 * Opens a connection to a port of a pod, through the cluster. It is paused until it is joined.
 *
 * @throws Error that says why the cluster does not make one.
 */
export async function openTunnel(cluster: Cluster, to: PodPort): Promise<WebSocket> {
  const [{ WebSocket: Tunnel }, { headers, tls, agent }] = await Promise.all([
    import("ws"),
    cluster.access(),
  ]);
  const options = { ...tls, headers, ...(agent && { agent }), handshakeTimeout: HANDSHAKE_MS };
  const socket = new Tunnel(urlOf(cluster.target.server, to), [PROTOCOL], options);
  return new Promise((resolve, reject) => {
    socket.on("open", () => {
      // What comes with the answer waits until somebody listens.
      socket.pause();
      resolve(socket);
    });
    socket.on("unexpected-response", (_, answer) => {
      reject(new Error(`the cluster refuses it with HTTP ${answer.statusCode}`));
      socket.terminate();
    });
    socket.on("error", reject);
  });
}

function urlOf(server: string, { namespace, pod, port }: PodPort): string {
  const base = server.replace(/^http/, "ws").replace(/\/$/, "");
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward`;
  return `${base}${path}?ports=${port}`;
}

interface Joined {
  /** The pod has answered. */
  onData: () => void;
  /** The pod says what is wrong, such as that nothing listens there. */
  onError: (message: string) => void;
}

/** Carries bytes both ways until one side ends. */
export function join(client: Socket, tunnel: WebSocket, { onData, onError }: Joined): void {
  const begun = new Set<number>();
  tunnel.on("message", (message) => {
    const channel = message[0] ?? ERROR;
    const bytes = message.subarray(begun.has(channel) ? 1 : 1 + PORT_BYTES);
    begun.add(channel);
    if (bytes.length === 0) return;
    if (channel === ERROR) {
      onError(bytes.toString("utf8").trim());
      return client.destroy() && undefined;
    }
    onData();
    if (!client.write(bytes)) tunnel.pause();
  });
  client.on("drain", () => tunnel.resume());
  client.on("data", (bytes: Buffer) => {
    tunnel.send(Buffer.concat([Buffer.from([DATA]), bytes]), () => {
      if (tunnel.bufferedAmount < HIGH_WATER) client.resume();
    });
    if (tunnel.bufferedAmount >= HIGH_WATER) client.pause();
  });
  // Who has said all may still want an answer, and who is gone says the same: the tunnel knows no half-closed connection.
  client.on("end", () => client.setTimeout(LINGER_MS, () => client.destroy()));
  client.on("close", () => tunnel.close());
  client.on("error", () => tunnel.close());
  tunnel.on("close", () => client.end());
  tunnel.on("error", () => client.destroy());
  client.resume();
  tunnel.resume();
}
