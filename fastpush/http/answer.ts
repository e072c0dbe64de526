import type { IncomingMessage, ServerResponse } from "node:http";
import type { Refused } from "../../apis/fastpush.ts";

const JSON_TYPE = "application/json";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** 200 with JSON that is written already. */
export const sendJson = (response: ServerResponse, body: string): void =>
  send(response, 200, { "content-type": JSON_TYPE }, body);

/** A text, as the original words its refusals. */
export const sendText = (response: ServerResponse, status: number, text: string): void =>
  send(
    response,
    status,
    { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    text,
  );

export const sendRefusal = (response: ServerResponse, status: number, refused: Refused): void =>
  send(response, status, { "content-type": JSON_TYPE }, `${JSON.stringify(refused)}\n`);

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
