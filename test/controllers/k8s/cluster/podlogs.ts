import type { IncomingMessage, ServerResponse } from "node:http";

interface Line {
  time: string;
  text: string;
}

/** `pods/NAME/log` as a kubelet serves it, of lines that a test writes. */
export class PodLogs {
  readonly #lines = new Map<string, Line[]>();
  readonly #readers = new Map<string, Set<ServerResponse>>();
  /** What is written reaches nobody who reads already, as after a rotation. */
  isStuck = false;
  /** What keeps the kubelet from reading; it stands before the lines, without a time. */
  trouble: string | undefined;
  /** The kubelet says that it does not have the pod. */
  isAway = false;
  #clock = Date.parse("2026-01-01T00:00:00Z");

  /** @param key - `POD/CONTAINER` */
  write(key: string, text: string): void {
    this.#clock += 1_000;
    const line = { time: new Date(this.#clock).toISOString().replace("Z", "000000Z"), text };
    this.#lines.set(key, [...(this.#lines.get(key) ?? []), line]);
    if (this.isStuck) return;
    for (const reader of this.#readers.get(key) ?? []) reader.write(`${line.time} ${text}\n`);
  }

  /** Ends what is read now. */
  end(): void {
    for (const readers of this.#readers.values()) {
      for (const reader of readers) reader.end();
      readers.clear();
    }
  }

  readonly serve = (request: IncomingMessage, response: ServerResponse, url: URL): void => {
    const [, , , , , , pod = ""] = url.pathname.split("/");
    const container = url.searchParams.get("container") ?? "";
    const key = `${pod}/${container}`;
    request.resume();
    if (this.isAway) return refuse(response, `pods "${pod}" not found`);
    response.writeHead(200, { "content-type": "text/plain" });
    response.flushHeaders();
    const since = url.searchParams.get("sinceTime");
    if (since !== null && Number.isNaN(Date.parse(since))) return void response.destroy();
    if (this.trouble !== undefined) response.write(`${this.trouble}\n`);
    for (const { time, text } of this.#lines.get(key) ?? []) {
      // In whole seconds, as the real one: what came in the same second comes again.
      if (since === null || Date.parse(time) >= Math.floor(Date.parse(since) / 1_000) * 1_000)
        response.write(`${time} ${text}\n`);
    }
    if (url.searchParams.get("follow") !== "true") return void response.end();
    const readers = this.#readers.get(key) ?? new Set();
    this.#readers.set(key, readers.add(response));
    response.on("close", () => readers.delete(response));
  };
}

function refuse(response: ServerResponse, message: string): void {
  response.writeHead(404, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      reason: "NotFound",
      code: 404,
      message,
    }),
  );
}
