import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pack } from "tar-stream";
import { type Kept, startKept } from "./kept.ts";

const ok = (socketPath: string, path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ socketPath, path }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });

const placesIn = (directory: string): string[] => [
  `--data-root=${directory}/data`,
  `--exec-root=${directory}/exec`,
  `--pidfile=${directory}/pid`,
];

/** It touches no network of the machine. */
const ALONE = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=overlay2"];

/** A Docker engine of one's own: no network, no images, nobody else's socket. */
export class TestEngine {
  readonly #kept: Kept;

  private constructor(kept: Kept) {
    this.#kept = kept;
  }

  static async start(): Promise<TestEngine> {
    const kept = await startKept({
      name: "engine",
      command: (directory) => [
        "dockerd",
        "-H",
        `unix://${directory}/docker.sock`,
        ...placesIn(directory),
        ...ALONE,
      ],
      isReady: (directory) => ok(join(directory, "docker.sock"), "/_ping"),
    });
    return new TestEngine(kept);
  }

  get socket(): string {
    return join(this.#kept.directory, "docker.sock");
  }

  get host(): string {
    return `unix://${this.socket}`;
  }

  stop(): Promise<void> {
    return this.#kept.stop();
  }

  /** It is killed, in the middle of whatever it does. */
  crash(): void {
    this.#kept.crash();
  }

  /** It takes connections, and answers nothing, until it is thawed. */
  freeze(): void {
    process.kill(this.#pid, "SIGSTOP");
  }

  thaw(): void {
    process.kill(this.#pid, "SIGCONT");
  }

  get #pid(): number {
    return Number(readFileSync(join(this.#kept.directory, "pid"), "utf8"));
  }

  /** Whoever is dead and not buried yet is taken for alive by the next one, unless nobody tells it of them. */
  async revive(): Promise<void> {
    const { directory } = this.#kept;
    for (const file of ["pid", "exec/containerd/containerd.pid"])
      await rm(join(directory, file), { force: true });
    await this.#kept.revive();
  }

  /** Asks the engine itself, past tiltish. @returns the status code and the answer. */
  ask(method: string, path: string, body?: object): Promise<{ code: number; body: unknown }> {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const asked = request({ socketPath: this.socket, method, path, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ code: response.statusCode ?? 0, body: text && parsed(text) }));
      });
      asked.on("error", reject);
      asked.end(body && JSON.stringify(body));
    });
  }

  /** Puts files into a directory of a container. */
  put(container: string, directory: string, files: Record<string, string>): Promise<void> {
    const tar = pack();
    for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
    tar.finalize();
    const path = `/containers/${container}/archive?path=${encodeURIComponent(directory)}`;
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.socket, method: "PUT", path }, (response) => {
        response.resume().on("end", resolve);
      });
      asked.on("error", reject);
      tar.pipe(asked);
    });
  }

  /** The image of this name, if there is one. */
  async image(ref: string): Promise<{ Id: string; RepoTags: string[] } | undefined> {
    const { code, body } = await this.ask("GET", `/images/${ref}/json`);
    return code === 200 ? (body as { Id: string; RepoTags: string[] }) : undefined;
  }

  /** What a program in the image writes. */
  async run(image: string, cmd: string[]): Promise<string> {
    const { body } = await this.ask("POST", "/containers/create", {
      Image: image,
      Cmd: cmd,
      Tty: true,
      HostConfig: { NetworkMode: "none" },
    });
    const { Id, message } = body as { Id?: string; message?: string };
    if (!Id) throw new Error(message);
    await this.ask("POST", `/containers/${Id}/start`);
    await this.ask("POST", `/containers/${Id}/wait`);
    const { body: output } = await this.ask("GET", `/containers/${Id}/logs?stdout=1&stderr=1`);
    await this.ask("DELETE", `/containers/${Id}?force=1`);
    return String(output).replaceAll("\r", "").trimEnd();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Lines of a Dockerfile that make an image with a shell. */
export const SHELL = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
`;

/** Writes a context with a shell to build from. What is there is written again only as far as it is given. */
export async function writeContext(directory: string, files: Record<string, string> = {}): Promise<void> {
  await mkdir(directory, { recursive: true });
  const shell = join(directory, "busybox");
  if (!existsSync(shell)) await cp("/usr/bin/busybox", shell).catch(() => cp("/bin/busybox", shell));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(directory, name, ".."), { recursive: true });
    await writeFile(join(directory, name), text);
  }
}
