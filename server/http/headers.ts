import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Rule 22: as the client says, if it can be said. */
export function auditIdOf(request: { headers: IncomingHttpHeaders }): string {
  const given = request.headers["audit-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** On every answer. */
export const commonHeaders = (auditId: string): Record<string, string> => ({
  "audit-id": auditId,
  "cache-control": "no-cache, private",
  "x-content-type-options": "nosniff",
});
