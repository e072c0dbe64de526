/** As much of the package as is used here and in the tests; it brings no types. */
declare module "ws" {
  import type { EventEmitter } from "node:events";
  import type { ClientRequestArgs, IncomingMessage } from "node:http";
  import type { RequestOptions } from "node:https";
  import type { Duplex } from "node:stream";

  export class WebSocket extends EventEmitter {
    constructor(
      url: string,
      protocols: readonly string[],
      options?: Pick<RequestOptions, "ca" | "cert" | "key" | "pfx" | "passphrase" | "rejectUnauthorized"> & {
        servername?: string;
        headers?: ClientRequestArgs["headers"];
        agent?: ClientRequestArgs["agent"];
        handshakeTimeout?: number;
      },
    );
    readonly protocol: string;
    readonly extensions: string;
    readonly bufferedAmount: number;
    on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): this;
    on(event: "close", listener: (code: number, reason: Buffer) => void): this;
    on(event: "unexpected-response", listener: (request: unknown, answer: IncomingMessage) => void): this;
    on(event: "open" | "pong", listener: () => void): this;
    on(event: "error", listener: (error: Error) => void): this;
    send(data: Buffer | string, options?: { binary?: boolean } | (() => void)): void;
    ping(): void;
    pause(): void;
    resume(): void;
    close(code?: number): void;
    terminate(): void;
  }

  export class WebSocketServer {
    constructor(options: {
      noServer: true;
      clientTracking: boolean;
      perMessageDeflate: boolean;
      maxPayload: number;
      handleProtocols(): string | false;
    });
    on(event: "headers", listener: (lines: string[]) => void): this;
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      done: (webSocket: WebSocket) => void,
    ): void;
  }
}
