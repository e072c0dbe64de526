import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { HOME, Namespace } from "./namespace.ts";

export interface ContainerOptions {
  /** Where containers have their directories. */
  readonly directory: string;
  /** What it starts with, copied: the directory of a droplet. */
  readonly droplet: string;
  readonly index: number;
  /** Bytes that fit in; counted by nobody if undefined. */
  readonly quota?: number | undefined;
  /** What the app is told, beside what every container has. */
  readonly env: Readonly<Record<string, string>>;
}

/** A fresh copy of a droplet with processes of its own, which see it at /home/vcap. It ends as a whole. */
export class Container {
  readonly guid: string;
  readonly index: number;
  /** Where the app of this container listens: there is one network for all. */
  readonly port: number;
  readonly startedAt = Date.now();
  readonly #namespace: Namespace;
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #ending = new AbortController();

  private constructor(
    namespace: Namespace,
    { guid, directory, port }: { guid: string; directory: string; port: number },
    options: ContainerOptions,
  ) {
    [this.guid, this.index, this.port] = [guid, options.index, port];
    [this.#namespace, this.#directory] = [namespace, directory];
    this.#env = { ...options.env, ...envOf(guid, options.index, port) };
  }

  static async create(options: ContainerOptions): Promise<Container> {
    const guid = randomUUID();
    const directory = join(options.directory, guid);
    const home = join(directory, HOME);
    await mkdir(home, { recursive: true });
    const namespace = await Namespace.open(home, guid, options.quota);
    const container = new Container(namespace, { guid, directory, port: await freePort() }, options);
    try {
      for (const name of ["app", "tmp", "deps"]) await mkdir(join(container.home, name), { recursive: true });
      await copy(options.droplet, container.home);
    } catch (error) {
      await container.destroy();
      throw error;
    }
    return container;
  }

  /** /home/vcap, as it is seen from out here. */
  get home(): string {
    return this.#namespace.home;
  }

  /** Aborted when it ends. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Ids of all processes inside. */
  processes(): number[] {
    return this.#namespace.processes();
  }

  /** Runs the app, as the launcher of a cell does: what buildpacks have left in .profile.d comes first. */
  launch(command: string): ChildProcess {
    const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: `${HOME}/app`, ...this.#env };
    return this.#spawn(["/bin/bash", "-c", LAUNCH, "launch", command], env);
  }

  /** Runs a command as somebody who has come by ssh. */
  run(command: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
    const own = { PATH: "/bin:/usr/bin", HOME, ...env };
    const program = ["/bin/bash", "-c", `cd ${HOME} && exec /bin/bash -c "$1"`, "sshd", command];
    return this.#spawn(program, { ...this.#env, ...own });
  }

  /** Ends all that runs in it, and removes it. */
  async destroy(): Promise<void> {
    this.#ending.abort();
    await this.#namespace.close();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  #spawn(program: readonly string[], env: Record<string, string>): ChildProcess {
    if (this.signal.aborted) throw new Error("the container has ended");
    const { file, args } = this.#namespace.enter(program);
    return spawn(file, args, { env, cwd: "/", detached: true, stdio: ["pipe", "pipe", "pipe"] });
  }
}

const LAUNCH = `
cd ${HOME}/app || exit 1
shopt -s nullglob
for file in ${HOME}/app/.profile.d/*.sh; do . "$file"; done
[ ! -f .profile ] || . ./.profile
exec /bin/bash -c "$1"
`;

const envOf = (guid: string, index: number, port: number): Record<string, string> => ({
  USER: "vcap",
  LANG: "C.UTF-8",
  TMPDIR: `${HOME}/tmp`,
  DEPS_DIR: `${HOME}/deps`,
  PORT: String(port),
  VCAP_APP_HOST: "127.0.0.1",
  VCAP_APP_PORT: String(port),
  CF_INSTANCE_GUID: guid,
  CF_INSTANCE_INDEX: String(index),
  CF_INSTANCE_IP: "127.0.0.1",
  CF_INSTANCE_INTERNAL_IP: "127.0.0.1",
  CF_INSTANCE_PORT: String(port),
  CF_INSTANCE_ADDR: `127.0.0.1:${port}`,
  CF_INSTANCE_PORTS: JSON.stringify([{ external: port, internal: port }]),
  INSTANCE_GUID: guid,
  INSTANCE_INDEX: String(index),
});

async function copy(from: string, to: string): Promise<void> {
  const child = spawn("cp", ["-a", `${from}/.`, to], { stdio: ["ignore", "ignore", "pipe"] });
  let problem = "";
  child.stderr.on("data", (bytes: Buffer) => (problem += bytes.toString()));
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`the droplet cannot be laid out: ${problem.trim()}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
