import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { startKept, type Kept } from "./kept.ts";

/** The only login of a registry that wants one. */
export const LOGIN = { username: "alice", password: "wonderland" };
const HTPASSWD = "alice:$2y$05$abcdefghijklmnopqrstuuA0vov2GDneHB3.8.cv9UF9g.RdvScIW\n";

/** A registry on loopback. */
export class TestRegistry {
  readonly host: string;
  readonly #kept: Kept;

  private constructor(host: string, kept: Kept) {
    this.host = host;
    this.#kept = kept;
  }

  static async start({ wantsLogin = false } = {}): Promise<TestRegistry> {
    const host = `127.0.0.1:${await freePort()}`;
    const kept = await startKept({
      name: "registry",
      command: (directory) => ["docker-registry", "serve", join(directory, "config.yml")],
      prepare: (directory) => writeConfig(directory, host, wantsLogin),
      isReady: async () => (await fetch(`http://${host}/v2/`)).status === (wantsLogin ? 401 : 200),
    });
    return new TestRegistry(host, kept);
  }

  stop(): Promise<void> {
    return this.#kept.stop();
  }

  /** The tags that it has of a repository. */
  async tags(repository: string): Promise<string[]> {
    const authorization = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64")}`;
    const answer = await fetch(`http://${this.host}/v2/${repository}/tags/list`, {
      headers: { authorization },
    });
    return answer.ok ? ((await answer.json()) as { tags: string[] }).tags : [];
  }
}

async function writeConfig(directory: string, host: string, wantsLogin: boolean): Promise<void> {
  await mkdir(join(directory, "data"));
  await writeFile(join(directory, "htpasswd"), HTPASSWD);
  const config = {
    version: "0.1",
    log: { level: "warn" },
    storage: { filesystem: { rootdirectory: join(directory, "data") } },
    http: { addr: host },
    ...(wantsLogin && { auth: { htpasswd: { realm: "test", path: join(directory, "htpasswd") } } }),
  };
  // JSON is YAML.
  await writeFile(join(directory, "config.yml"), JSON.stringify(config));
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
