import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, normalize } from "node:path";
import { buffer } from "node:stream/consumers";

interface Cached {
  Checksum: string;
  Modification: number;
  Content: null;
}

/**
 * Answers as the original fast-push controller does, with what is wrong with it: hashes by the second, files that are
 * listed after they are gone, any key is written, failures are masked, and two calls at a time are its end.
 */
export class OriginalServer {
  readonly root: string;
  readonly #token: string;
  readonly #server: Server;
  readonly #store = new Map<string, Cached>();
  readonly asked: string[] = [];
  readonly instances: string[] = [];
  /** Keys that were put. */
  readonly keys: string[] = [];
  restarts = 0;
  isDead = false;
  /** What stands between a write and the clock: files are written as if at this second. */
  second: number | undefined;
  #calls = 0;

  private constructor(root: string, token: string) {
    this.root = root;
    this.#token = token;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(root: string, token: string): Promise<OriginalServer> {
    const original = new OriginalServer(root, token);
    original.#server.listen(0, "127.0.0.1");
    await once(original.#server, "listening");
    return original;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "", headers } = request;
    const path = url.replace(/\?.*/, "");
    this.asked.push(`${method} ${path}`);
    this.instances.push(String(headers["x-cf-app-instance"]));
    if (!["/_fastpush/files", "/_fastpush/status", "/_fastpush/restart"].includes(path))
      return void response.writeHead(502).end();
    if (headers["x-auth-token"] !== this.#token) return text(response, 401, "Invalid authentication token\n");
    if (++this.#calls > 1) return this.#die();
    try {
      await this.#answer(`${method} ${path.replace("/_fastpush", "")}`, request, response);
    } catch {
      // The client has gone in the middle of what it sent.
      response.destroy();
    } finally {
      this.#calls--;
    }
  }

  #die(): void {
    this.isDead = true;
    this.close();
  }

  async #answer(call: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (call === "GET /files") return json(response, Object.fromEntries(await this.#list()));
    if (call === "GET /status") return json(response, { Health: "Running" });
    if (call === "POST /restart") {
      this.restarts++;
      return json(response, { Health: "Restarting" });
    }
    if (call !== "PUT /files") return text(response, 405, "Invalid request method.\n");
    const body = (await buffer(request)).toString();
    if (body === "") return text(response, 400, 'EOF\n{"Health":"Updated 0 files without restart"}\n');
    let files: Record<string, { Content?: string | null } | null>;
    try {
      files = JSON.parse(body) as typeof files;
    } catch (error) {
      return text(response, 400, `${String(error)}\n{"Health":"Updated 0 files without restart"}\n`);
    }
    json(response, { Health: await this.#write(files) });
  }

  async #write(files: Record<string, { Content?: string | null } | null>): Promise<string> {
    let [updated, failed, isRestarting] = [0, 0, false];
    for (const [key, entry] of Object.entries(files)) {
      this.keys.push(key);
      isRestarting ||= /.py$/.test(key);
      const file = join(this.root, key);
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o755 });
        await writeFile(file, Buffer.from(entry?.Content ?? "", "base64"), { mode: 0o644 });
        updated++;
        if (this.second !== undefined) await this.#date(file, this.second);
      } catch {
        failed++;
      }
    }
    if (isRestarting) this.restarts++;
    if (isRestarting) return `Restarting after updating ${updated} files`;
    return failed > 0 ? `Failed to update ${failed} files` : `Updated ${updated} files without restart`;
  }

  async #date(file: string, second: number): Promise<void> {
    const { utimes } = await import("node:fs/promises");
    await utimes(file, second, second);
  }

  async #list(): Promise<[string, Cached][]> {
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (entry.isDirectory()) continue;
      const path = normalize(join(entry.parentPath.slice(this.root.length + 1), entry.name));
      const Modification = Math.floor(
        (await stat(join(this.root, path)).catch(() => ({ mtimeMs: 0 }))).mtimeMs / 1000,
      );
      if (path.startsWith(".git") || this.#store.get(path)?.Modification === Modification) continue;
      const bytes = await readFile(join(this.root, path)).catch(() => undefined);
      const Checksum = bytes ? createHash("sha256").update(bytes).digest("hex") : "";
      this.#store.set(path, { Checksum, Modification, Content: null });
    }
    return [...this.#store].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}

const json = (response: ServerResponse, value: object): void =>
  void response.writeHead(200, { "content-type": "application/json" }).end(`${JSON.stringify(value)}\n`);

const text = (response: ServerResponse, status: number, body: string): void =>
  void response
    .writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" })
    .end(body);
