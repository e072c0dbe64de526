import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { test as base } from "vitest";
import {
  type DeletePolicy,
  LocalTree,
  type Plan,
  planOf,
  type Refusal,
  type Tree,
} from "../../../../controllers/sync/index.ts";
import { processesWith } from "../../../helpers/marked.ts";
import { agentScript } from "../../../../controllers/cfapp/remote/index.ts";
import { type AgentOptions, AgentSession } from "../../../../controllers/cfapp/transports/agent/session.ts";
import type { Listing, RestartPolicy, SyncSet } from "../../../../controllers/cfapp/transports/transport.ts";

const SUPERVISOR = fileURLToPath(
  new URL("../../../../controllers/cfapp/remote/supervisor.pl", import.meta.url),
);

const LIMITS = { maxFiles: 50_000, maxSet: 500_000_000 };

/** A directory here, and one that is to be like it. */
export class Sides {
  readonly local: string;
  readonly app: string;
  #revision = 0;

  constructor(local: string, app: string) {
    this.local = local;
    this.app = app;
  }

  async scan(): Promise<Tree> {
    return (await this.treeOf(this.local).scan()).tree;
  }

  async remote(): Promise<Tree> {
    return (await this.treeOf(this.app).scan()).tree;
  }

  treeOf(root: string): LocalTree {
    return new LocalTree({ root, ignores: [], useCFIgnore: false, maxFile: 1e9, caseInsensitive: false });
  }

  /** The set that would make the app like the local directory. */
  async setFor({ tree, tracked }: Listing, more: Partial<SyncSet> & { deletePolicy?: DeletePolicy } = {}) {
    const { deletePolicy = "Tracked", ...rest } = more;
    const plan = planOf({ local: await this.scan(), remote: tree, tracked, deletePolicy }, LIMITS);
    return this.set(planned(plan), rest);
  }

  set(plan: Plan, more: Partial<SyncSet> = {}): SyncSet {
    const restart: RestartPolicy = { mode: "None" };
    const read = (path: string) => createReadStream(join(this.local, path));
    return { revision: String(++this.#revision), plan, restart, read, ...more };
  }

  write(files: Record<string, string | Buffer>): Promise<void> {
    return write(this.local, files);
  }
}

/** What is read from files, and how many of them are open. */
export class Reader {
  readonly #root: string;
  open = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async *read(path: string): AsyncGenerator<Uint8Array, void, void> {
    this.open++;
    try {
      yield* createReadStream(join(this.#root, path));
    } finally {
      this.open--;
    }
  }
}

/** The same, with agents that run here, and the processes that belong to them. */
export class Rig extends Sides {
  readonly home: string;
  readonly agents: ChildProcess[] = [];
  readonly others: ChildProcess[] = [];

  constructor(home: string) {
    super(join(home, "local"), join(home, "vcap/app"));
    this.home = home;
  }

  get socket(): string {
    return join(this.home, "vcap/tmp/supervisor.sock");
  }

  /** @param through what its bytes go, on the way to the agent. */
  async connect(
    through = (channel: Duplex): Duplex => channel,
    script = agentScript(),
    more: Partial<AgentOptions> = {},
  ) {
    const agent = spawn("perl", ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
    this.agents.push(agent);
    agent.stdin.on("error", () => undefined);
    const channel = through(Duplex.from({ readable: agent.stdout, writable: agent.stdin }));
    channel.on("error", () => undefined);
    const session = await AgentSession.open(channel, {
      root: this.app,
      stateDirectories: [join(this.home, "vcap/tmp/.tiltish")],
      supervisorSocket: this.socket,
      ...more,
    });
    return { agent, session, greeting: session.greeting };
  }

  supervise(...command: string[]): ChildProcess {
    const supervisor = spawn("perl", [SUPERVISOR, this.socket, "--", ...command], {
      cwd: this.app,
      env: { ...process.env, TILTISH_TEST_RIG: this.home },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.others.push(supervisor);
    return supervisor;
  }

  async close(): Promise<void> {
    for (const child of [...this.agents, ...this.others]) child.kill("SIGKILL");
    // An app has a group of its own, and outlives a supervisor that is killed.
    for (const { pid } of await processesWith(`TILTISH_TEST_RIG=${this.home}`)) killIfThere(pid);
    await rm(this.home, { recursive: true, force: true });
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended meanwhile
  }
}

export const planned = (plan: Plan | Refusal): Plan => {
  if ("reason" in plan) throw new Error(plan.message);
  return plan;
};

export async function write(root: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** Makes a directory hold a tree; the content of a file is its hash, repeated. */
export async function build(root: string, tree: Tree): Promise<void> {
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  for (const [path, entry] of tree) {
    const at = join(root, path);
    await mkdir(dirname(at), { recursive: true });
    if (entry.type === "directory") await mkdir(at, { recursive: true });
    else if (entry.type === "link") await symlink(entry.target, at);
    else {
      await writeFile(at, entry.hash.repeat(entry.size));
      await chmod(at, entry.mode);
    }
  }
}

export const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
};

export const test = base.extend<{ rig: Rig }>({
  // oxlint-disable-next-line no-empty-pattern
  rig: async ({}, use) => {
    const rig = new Rig(await mkdtemp(join(tmpdir(), "tiltish-agent-")));
    for (const directory of [rig.local, rig.app, join(rig.home, "vcap/tmp")])
      await mkdir(directory, { recursive: true });
    await use(rig);
    await rig.close();
  },
});
