import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyReply } from "fastify";
import type { RequestContext } from "../http/context.ts";
import { ResponseOutlet, type Outlet } from "../http/outlet.ts";
import { upgradeOf } from "../http/upgrade.ts";
import { WebSocketOutlet, type Subprotocols } from "../http/websocket.ts";

/**
 * The way on which a stream goes to its client: a WebSocket if it asks for one, else the answer.
 *
 * @throws StatusError `BadRequest` if it cannot become the WebSocket that was asked for.
 */
export function outletOf({ reply, request }: RequestContext, subprotocols: Subprotocols): Outlet {
  const upgrade = upgradeOf(request.raw);
  return upgrade ? new WebSocketOutlet(request.raw, upgrade, subprotocols) : new ResponseOutlet(reply.raw);
}

/** Takes an answer over from the framework, and lets the client know at once that it has one (rule 84). */
export async function openStream(reply: FastifyReply, outlet: Outlet, contentType: string): Promise<void> {
  const headers = reply.getHeaders() as OutgoingHttpHeaders;
  reply.hijack();
  await outlet.open({ ...headers, "content-type": contentType });
}
