import { StatusError, type Status } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { out } from "../cli/io.ts";
import { Gap, isGone, PATIENCE_MS } from "../connect/gap.ts";
import { connect, type Session } from "../connect/session.ts";
import type { Table } from "../print/table.ts";
import { fetchObjects, fetchTables } from "./fetch.ts";
import { AS_TABLE, listPath } from "./query.ts";
import type { Request, Shown } from "./show.ts";

interface Event {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: (KubeObject | Table) & { kind: string };
}

const RETRY_MS = 200;

/** Shows every change of what was shown, until the process is ended. */
export async function watchShown(request: Request, shown: readonly Shown[]): Promise<void> {
  const gap = new Gap();
  await Promise.all(shown.map((one) => new Watcher(request, one, gap).run()));
}

/** Follows one kind, over breaks of the connection and restarts of the server. */
class Watcher {
  readonly #request: Request;
  readonly #shown: Shown;
  #session: Session;
  #revision: string | undefined;
  readonly #gap: Gap;
  #lastContactMs = Date.now();

  constructor(request: Request, shown: Shown, gap: Gap) {
    this.#gap = gap;
    this.#request = request;
    this.#shown = shown;
    this.#session = request.session;
    this.#revision = shown.resourceVersion;
  }

  async run(): Promise<void> {
    for (;;) {
      try {
        for await (const event of this.#events()) await this.#handle(event);
      } catch (error) {
        await this.#recover(error);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async *#events(): AsyncGenerator<Event, void, void> {
    const { selection } = this.#shown;
    const { query, printer } = this.#request;
    const [name] = selection.names ?? [];
    const fieldSelector = name ? `metadata.name=${name}` : query.fieldSelector;
    const path = listPath(
      selection.type,
      { ...query, fieldSelector },
      { watch: "true", allowWatchBookmarks: "true", resourceVersion: this.#revision },
    );
    const accept = printer ? "application/json" : AS_TABLE;
    for await (const line of this.#session.transport.lines(path, { headers: { accept } })) {
      this.#heard();
      yield JSON.parse(line.toString("utf8")) as Event;
    }
    this.#lastContactMs = Date.now();
  }

  #heard(): void {
    this.#lastContactMs = Date.now();
    this.#gap.heard();
  }

  async #handle({ type, object }: Event): Promise<void> {
    if (type === "ERROR") throw StatusError.from(object as unknown as Status);
    this.#revision = revisionOf(object) ?? this.#revision;
    if (type !== "BOOKMARK") return this.#print(type, object);
    // Its rows are not for people, but it may be what says the columns.
    if (object.kind === "Table") this.#shown.table.print({ ...(object as Table), rows: [] });
  }

  async #print(type: string, object: Event["object"]): Promise<void> {
    const { printer, options } = this.#request;
    if (!printer) return out(this.#shown.table.print(object as Table, type));
    const typed = { type: this.#shown.selection.type, object: object as KubeObject };
    const text = await printer([typed], true);
    out(options.flag("output-watch-events") ? `${type} ${text}` : text);
  }

  /** A revision that the server no longer has: what changed since is shown, and then all goes on. */
  async #recover(error: unknown): Promise<void> {
    if (error instanceof StatusError && (error.code === 410 || error.code === 504)) return this.#relist();
    // A server that was started again may have another token.
    const isStranger = error instanceof StatusError && error.code === 401;
    if (!(isGone(error) || isStranger) || this.#isOutOfPatience()) throw error;
    this.#gap.lost();
    try {
      this.#session = await connect(this.#request.options);
    } catch (reason) {
      if (this.#isOutOfPatience()) throw reason;
    }
  }

  #isOutOfPatience(): boolean {
    return Date.now() - this.#lastContactMs > PATIENCE_MS;
  }

  async #relist(): Promise<void> {
    const { query, printer } = this.#request;
    const fetch = printer ? fetchObjects : fetchTables;
    const found = await fetch(this.#session, this.#shown.selection, query);
    this.#heard();
    const seen = Number(this.#revision ?? 0);
    for (const part of found.parts as Event["object"][]) {
      if (part.kind !== "Table") {
        if (Number(revisionOf(part)) > seen) await this.#print("MODIFIED", part);
        continue;
      }
      const table = part as Table;
      const rows = table.rows?.filter(({ object }) => Number(object?.metadata.resourceVersion) > seen);
      if (rows?.length) await this.#print("MODIFIED", { ...table, rows });
    }
    this.#revision = found.resourceVersion;
  }
}

function revisionOf(object: Event["object"]): string | undefined {
  if (object.metadata?.resourceVersion) return object.metadata.resourceVersion;
  return (object as Table).rows?.at(-1)?.object?.metadata.resourceVersion;
}
