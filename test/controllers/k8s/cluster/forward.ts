import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** `pods/NAME/portforward` as a kubelet serves it over WebSockets: for each port a channel of data, and one of errors. */
export class PodPorts {
  readonly #sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: 1 << 20,
    handleProtocols: () => "v4.channel.k8s.io",
  });
  /** Where a port of a container really is. */
  readonly #ports = new Map<number, number>();
  /** Connections are refused while it is true. */
  isBroken = false;

  listen(containerPort: number, realPort: number): void {
    this.#ports.set(containerPort, realPort);
  }

  readonly serve = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (this.isBroken) return void socket.destroy();
    const port = Number(new URL(request.url ?? "", "https://cluster").searchParams.get("ports"));
    // As a real one may do: what comes first is in one packet with the answer to the request.
    socket.cork();
    this.#sockets.handleUpgrade(request, socket, head, (client) => this.#begin(client, port));
    socket.uncork();
  };

  #begin(client: WebSocket, port: number): void {
    const number = Buffer.from([port & 0xff, port >> 8]);
    client.send(Buffer.concat([Buffer.from([0]), number]));
    client.send(Buffer.concat([Buffer.from([1]), number]));
    const target = connect({ host: "127.0.0.1", port: this.#ports.get(port) ?? 1 });
    target.on("data", (chunk: Buffer) => client.send(Buffer.concat([Buffer.from([0]), chunk])));
    target.on("error", (error) => {
      client.send(
        Buffer.concat([Buffer.from([1]), Buffer.from(`error forwarding port ${port}: ${error.message}`)]),
      );
    });
    target.on("close", () => client.close());
    client.on("message", (data: Buffer) => {
      if (data[0] === 0) target.write(data.subarray(1));
    });
    client.on("close", () => target.destroy());
  }
}
