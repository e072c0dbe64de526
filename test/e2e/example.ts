import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { markedProcesses } from "../helpers/marked.ts";
import { BINARY, type Outcome, Session } from "../helpers/session.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

interface Status {
  state?: string;
  ports?: Record<string, number>;
  conditions?: { type: string; reason?: string }[];
}

/** `tiltish up` in a copy of an example, until the end of the test. */
export class Example {
  readonly session: Session;
  readonly up: ChildProcess;
  readonly #chunks: Buffer[] = [];

  private constructor(session: Session) {
    this.session = session;
    this.up = spawn(process.execPath, [BINARY, "up"], {
      cwd: session.root,
      env: { ...process.env, ...session.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.up.stdout, this.up.stderr])
      stream?.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
  }

  /** @param ports - The fixed ports of the example, each of which is exchanged for a free one. */
  static async open(name: string, ports: readonly number[] = []): Promise<Example> {
    const directory = await mkdtemp(path.join(tmpdir(), `tiltish-${name}-`));
    const session = new Session(directory);
    await cp(path.join(EXAMPLES, name), session.root, { recursive: true });
    for (const port of ports) await exchange(session.root, String(port), String(await freePort()));
    const example = new Example(session);
    onTestFinished(async () => {
      await example.end("SIGTERM");
      await rm(directory, { recursive: true, force: true });
    });
    return example;
  }

  /** What `tiltish up` has printed so far. */
  get output(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.up.exitCode !== null || this.up.signalCode !== null) return;
    const exit = once(this.up, "exit");
    this.up.kill(signal);
    await exit;
  }

  /** What runs for it; empty after `tiltish down`. */
  processes(): Promise<{ pid: number; command: string }[]> {
    return markedProcesses(this.session.stateDirectory);
  }

  down(): Promise<Outcome> {
    return this.session.run("down");
  }

  /** The states that its README names, by object: `lp/db` is `Running`. */
  async promised(): Promise<Record<string, string>> {
    const readme = await readFile(path.join(this.session.root, "README.md"), "utf8");
    const rows = readme.matchAll(/^\| (l[pr]|fw|di|cfs)\/(\S+) +\| `(\w+)` /gm);
    return Object.fromEntries([...rows].map(([, kind, name, state]) => [`${kind}/${name}`, state!]));
  }

  /** The states of the same objects now. */
  async states(objects: readonly string[]): Promise<Record<string, string>> {
    const { stdout, exitCode } = await this.session.run("get", "lp,lr,fw,di,cfs", "-o", "json");
    if (exitCode !== 0) return {};
    const { items } = JSON.parse(stdout) as { items: Found[] };
    const states = items.map((item) => [refOf(item), stateOf(item.status ?? {})] as const);
    return Object.fromEntries(states.filter(([name]) => objects.includes(name)));
  }

  async replace(file: string, from: string | RegExp, to: string): Promise<void> {
    const target = path.join(this.session.root, file);
    await writeFile(target, (await readFile(target, "utf8")).replace(from, to));
  }

  /** What the server of a LocalProcess answers, or why it does not. */
  async answer(name: string): Promise<string> {
    const process = await this.session.get<{ status?: Status }>("lp", name);
    const port = process?.status?.ports?.["http"];
    return fetch(`http://localhost:${port}/`).then((response) => response.text(), String);
  }
}

interface Found {
  kind: string;
  metadata: { name: string };
  status?: Status;
}

const SHORT: Record<string, string> = {
  LocalProcess: "lp",
  LocalResource: "lr",
  FileWatch: "fw",
  DockerImage: "di",
  CFAppSync: "cfs",
};

const refOf = ({ kind, metadata }: Found): string => `${SHORT[kind]}/${metadata.name}`;

const stateOf = ({ state, conditions }: Status): string =>
  state ?? conditions?.find(({ type }) => type === "Ready")?.reason ?? "";

async function exchange(root: string, from: string, to: string): Promise<void> {
  for (const file of ["tiltish.yaml", "db/ping.mjs"]) {
    const target = path.join(root, file);
    const text = await readFile(target, "utf8").catch(() => undefined);
    if (text?.includes(from)) await writeFile(target, text.replaceAll(from, to));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
