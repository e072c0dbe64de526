import { StatusError } from "../../apis/errors.ts";
import { Gap, isGone, PATIENCE_MS } from "../connect/gap.ts";
import type { Session } from "../connect/session.ts";
import { namePath } from "../get/query.ts";
import { queryOf } from "../resources/paths.ts";
import type { ResourceType } from "../resources/types.ts";
import { parseLine, type LogLine } from "./line.ts";

/** Whose log. */
export interface LogOwner {
  type: ResourceType;
  namespace: string;
  name: string;
}

/** As in the URL of the `log` subresource. */
export type LogQuery = Record<string, string | undefined>;

const RETRY_MS = 300;
const ANY_TYPE = { accept: "*/*" };

export interface Following {
  signal?: AbortSignal;
  /** Told of breaks of the connection, if it is to be followed over them. */
  gap?: Gap;
}

/** The lines of a log; with `follow`, until `signal` is aborted, over breaks of the connection too. */
export async function* logLines(
  session: Session,
  owner: LogOwner,
  query: LogQuery,
  following: Following = {},
): AsyncGenerator<LogLine, void, void> {
  const { signal, gap = new Gap() } = following;
  const seen = new Seen();
  let lastContactMs = Date.now();
  for (;;) {
    seen.beginAgain();
    try {
      const path = `${namePath(owner.type, owner.namespace, owner.name)}/log`;
      const full = path + queryOf({ ...query, ...seen.query(), timestamps: "true" });
      const askedAt = new Date().toISOString();
      const onOpen = () => seen.opened(askedAt);
      for await (const bytes of session.transport.lines(full, { signal, onOpen, headers: ANY_TYPE })) {
        lastContactMs = Date.now();
        gap.heard();
        const line = parseLine(bytes);
        if (seen.isNew(line)) yield line;
      }
      if (!query["follow"] || signal?.aborted) return;
      lastContactMs = Date.now();
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof StatusError && error.reason === "NotFound" && seen.any) return; // Deleted meanwhile.
      if (!query["follow"] || !isGone(error) || Date.now() - lastContactMs > PATIENCE_MS) throw error;
      gap.lost();
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** What came already, so that a stream taken up again repeats nothing: several lines may have the same time. */
class Seen {
  #time = "";
  #count = 0;
  #toSkip = 0;
  #resumedAt = "";
  #openedAt: string | undefined;

  get any(): boolean {
    return this.#time !== "";
  }

  beginAgain(): void {
    this.#toSkip = this.#count;
    this.#resumedAt = this.#time;
  }

  /** @param time - When the stream was asked for that the server is answering now. */
  opened(time: string): void {
    this.#openedAt ??= time;
  }

  /** What is still to come. Of a log without lines that is what was written since it was opened, the last lines or not. */
  query(): LogQuery {
    const sinceTime = this.any ? this.#time : this.#openedAt;
    if (sinceTime === undefined) return {};
    return { sinceTime, tailLines: undefined, sinceSeconds: undefined };
  }

  isNew({ time }: LogLine): boolean {
    if (time !== "" && time < this.#resumedAt) return false;
    if (time === this.#resumedAt && this.#toSkip > 0) {
      this.#toSkip--;
      return false;
    }
    this.#count = time === this.#time ? this.#count + 1 : 1;
    this.#time = time;
    return true;
  }
}
