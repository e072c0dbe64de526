import { request as httpRequest } from "node:http";
import { createInterface } from "node:readline";

interface Known {
  metadata: { name: string; uid: string; resourceVersion: string };
  data?: { count?: string };
}

const PATH = "/api/v1/namespaces/witness/configmaps";
const NAMES = Array.from({ length: 20 }, (_, i) => `w${i}`);

/** Writes objects in a namespace of its own while others do what they like, and watches what it wrote. */
export class Witness {
  readonly #ask: (method: string, path: string, body?: unknown) => Promise<Known>;
  readonly #socketPath: string;
  readonly #token: string;
  readonly #uids = new Map<string, string>();
  readonly #seen: string[] = [];
  readonly #written: string[] = [];
  #end: Error | undefined;
  #stop: (() => void) | undefined;

  constructor(socketPath: string, token: string) {
    this.#socketPath = socketPath;
    this.#token = token;
    this.#ask = async (method, path, body) => askOver(socketPath, token, { method, path, body });
  }

  get writes(): number {
    return this.#written.length;
  }

  /** Makes the objects, and begins to watch. */
  async start(): Promise<void> {
    await this.#ask("POST", "/api/v1/namespaces", { metadata: { name: "witness" } });
    let revision = "";
    for (const name of NAMES) {
      const { metadata } = await this.#ask("POST", PATH, { metadata: { name }, data: { count: "0" } });
      this.#uids.set(name, metadata.uid);
      revision = metadata.resourceVersion;
    }
    await this.#watch(revision);
  }

  /** Changes one of them; that it could not is part of the verdict. */
  async write(): Promise<void> {
    if (this.#end === undefined) await this.#write().catch((error: unknown) => (this.#end = error as Error));
  }

  async #write(): Promise<void> {
    const name = NAMES[this.#written.length % NAMES.length]!;
    const count = String(this.#written.length + 1);
    const { metadata } = await this.#ask("PATCH", `${PATH}/${name}`, { data: { count } });
    this.#written.push(`${metadata.resourceVersion} ${name}=${count}`);
  }

  /** What was lost, changed or made up; nothing if all is well. */
  async verdict(): Promise<string[]> {
    const problems: string[] = [];
    const { items } = (await this.#ask("GET", PATH)) as unknown as { items: Known[] };
    const stored = items.map(
      ({ metadata, data }) => `${metadata.resourceVersion} ${metadata.name}=${data?.count ?? ""}`,
    );
    const last = new Map(this.#written.map((line) => [/ (.*)=/.exec(line)![1]!, line]));
    for (const line of last.values())
      if (!stored.includes(line)) problems.push(`written, but not there: ${line}`);
    for (const { metadata } of items) {
      if (this.#uids.get(metadata.name) !== metadata.uid) problems.push(`another object: ${metadata.name}`);
    }
    if (items.length !== NAMES.length) problems.push(`${items.length} objects of ${NAMES.length} are left`);
    if (this.#end) problems.push(`it has ended: ${this.#end.message}`);
    const at = this.#written.findIndex((line, i) => this.#seen[i] !== line);
    if (at >= 0) problems.push(`written: ${this.#written[at]!}, but seen: ${this.#seen[at] ?? "nothing"}`);
    return problems;
  }

  /** Whether the watch has seen as much as was written. */
  get isUpToDate(): boolean {
    return this.#seen.length >= this.#written.length || this.#end !== undefined;
  }

  stop(): void {
    this.#stop?.();
  }

  #watch(resourceVersion: string): Promise<void> {
    const path = `${PATH}?watch=1&resourceVersion=${resourceVersion}`;
    const headers = { authorization: `Bearer ${this.#token}`, host: "localhost" };
    const request = httpRequest({ socketPath: this.#socketPath, path, headers, agent: false });
    return new Promise((resolve, reject) => {
      request.on("error", reject);
      request.end();
      request.on("response", (response) => {
        const lines = createInterface({ input: response });
        lines.on("line", (line) => this.#note(line));
        lines.on("error", () => undefined);
        lines.on("close", () => (this.#end ??= new Error("closed")));
        this.#stop = () => response.destroy();
        resolve();
      });
    });
  }

  #note(line: string): void {
    const { type, object } = JSON.parse(line) as { type: string; object: Known };
    if (type !== "MODIFIED") this.#end = new Error(line.slice(0, 200));
    this.#seen.push(`${object.metadata.resourceVersion} ${object.metadata.name}=${object.data?.count ?? ""}`);
  }
}

interface Asked {
  method: string;
  path: string;
  body?: unknown;
}

/** @throws Error if it is not answered, or not well. */
export function askOver(socketPath: string, token: string, { method, path, body }: Asked): Promise<Known> {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const headers = {
    authorization: `Bearer ${token}`,
    host: "localhost",
    ...(body !== undefined && { "content-type": type }),
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        if (response.statusCode! >= 300)
          reject(new Error(`${method} ${path}: ${response.statusCode!} ${text}`));
        else resolve(text.startsWith("{") ? (JSON.parse(text) as Known) : (undefined as never));
      });
    });
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
