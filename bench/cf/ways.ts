import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Chunk, chunksOf, LocalTree, planOf, type Tree } from "../../controllers/sync/index.ts";
import { openAgent } from "../../controllers/cfapp/transports/agent/open.ts";
import { SharedShell } from "../../controllers/cfapp/transports/rsync/shell.ts";
import type { SshConnection } from "../../controllers/cfapp/transports/ssh/connection.ts";
import type { RestartPolicy } from "../../controllers/cfapp/transports/transport.ts";
import type { AppHandle } from "../../sandbox/index.ts";
import { APP, type CfRig } from "./rig.ts";

/** A way to bring what was saved into an app. */
export interface Way {
  /** Resolves when it is there; for the agent, when the app has been started anew and listens. */
  sync(paths: readonly string[]): Promise<void>;
  close(): Promise<void> | void;
}

export interface WayOptions {
  readonly rig: CfRig;
  /** Directory here. */
  readonly root: string;
  readonly app: AppHandle;
  /** A place for small files. */
  readonly scratch: string;
}

const LIMITS = { maxFiles: 50_000, maxSet: 500 * 1024 ** 2 };
/** As spec.limits.deltaOver. */
const DELTA_OVER = 256 * 1024;

/** What tiltish does with each save: look, plan, stage, commit, restart, ask until it listens. */
export async function agentWay({ rig, root, app }: WayOptions): Promise<Way> {
  const connections = rig.connections();
  const { connection } = await connections.use(rig.refOf(app));
  const session = await openAgent(connection, APP);
  const local = new LocalTree({
    root,
    ignores: [],
    useCFIgnore: true,
    maxFile: 200 * 1024 ** 2,
    caseInsensitive: false,
  });
  await local.scan();
  const chunks = new Chunks(root);
  let { tree: remote, tracked } = await session.list();
  await chunks.learn(remote);
  let revision = 0;
  const restart: RestartPolicy = {
    mode: "Supervisor",
    signal: "TERM",
    graceSeconds: 5,
    readiness: { port: app.instances[0]!.port, timeoutSeconds: 20 },
  };
  return {
    async sync(paths) {
      const { tree } = await local.refresh(paths);
      const plan = planOf({ local: tree, remote, tracked, deletePolicy: "Tracked" }, LIMITS);
      if ("reason" in plan) throw new Error(plan.message);
      await chunks.learn(new Map(paths.map((path) => [path, tree.get(path)!])));
      const outcome = await session.sync({
        revision: String(++revision),
        plan,
        restart,
        read: (path) => createReadStream(join(root, path)),
        chunks: (path) => chunks.between(remote.get(path), plan.tree.get(path)),
      });
      if (outcome.result !== "ready") throw new Error(`the agent says ${JSON.stringify(outcome)}`);
      [remote, tracked] = [plan.tree, new Set(plan.tree.keys())];
    },
    close: () => connections.close(),
  };
}

/** Chunks of the large files, by their hash. */
class Chunks {
  readonly #root: string;
  readonly #known = new Map<string, Chunk[]>();

  constructor(root: string) {
    this.#root = root;
  }

  async learn(tree: Tree): Promise<void> {
    for (const [path, entry] of tree)
      if (entry.type === "file" && entry.size > DELTA_OVER && !this.#known.has(entry.hash))
        this.#known.set(entry.hash, await chunksOf(createReadStream(join(this.#root, path))));
  }

  between(before: ReturnType<Tree["get"]>, after: ReturnType<Tree["get"]>) {
    if (before?.type !== "file" || after?.type !== "file") return undefined;
    const [base, next] = [this.#known.get(before.hash), this.#known.get(after.hash)];
    return base && next && { base, next };
  }
}

/** What LiveSync does with each save: a code, a login, and rsync of the whole tree; `watchexec` comes after that. */
export function liveSyncWay({ rig, root, app, scratch }: WayOptions): Way {
  const askpass = join(scratch, "askpass");
  writeFileSync(askpass, '#!/bin/sh\nprintf "%s\\n" "$CODE"\n');
  chmodSync(askpass, 0o700);
  const { host, port } = rig.sandbox.ssh;
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
  const ssh = `ssh -p ${port} -o User=cf:${app.processGuid}/0 ${options.map((one) => `-o ${one}`).join(" ")}`;
  return {
    async sync() {
      const env = {
        ...process.env,
        CODE: await rig.cc.sshCode(),
        SSH_ASKPASS: askpass,
        SSH_ASKPASS_REQUIRE: "force",
      };
      await program(["rsync", "-azP", "--exclude", ".tiltish-*", "-e", ssh, `${root}/`, `${host}:${APP}`], {
        env,
      });
    },
    close: () => undefined,
  };
}

/** The same over a connection that is there already. */
export async function warmRsyncWay({ rig, root, app }: WayOptions): Promise<Way> {
  const connections = rig.connections();
  const { connection } = await connections.use(rig.refOf(app));
  const shell = await SharedShell.open(connection);
  return {
    sync: () =>
      program([
        "rsync",
        "-az",
        "--exclude",
        ".tiltish-*",
        "-e",
        shell.command,
        `${root}/`,
        `instance:${APP}`,
      ]),
    async close() {
      await shell.close();
      connections.close();
    },
  };
}

/** Only what was saved, in a command of its own over a connection that is there already. */
export async function tarWay({ rig, root, app }: WayOptions): Promise<Way> {
  const connections = rig.connections();
  const { connection } = await connections.use(rig.refOf(app));
  return { sync: (paths) => tar(connection, root, paths), close: () => connections.close() };
}

async function tar(connection: SshConnection, root: string, paths: readonly string[]): Promise<void> {
  const { channel, ended } = await connection.exec(`tar -C ${APP} -xf -`);
  channel.resume();
  const child = spawn("tar", ["-C", root, "-cf", "-", ...paths], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.pipe(channel);
  const code = await ended;
  if (code !== 0) throw new Error(`tar ended with ${code}`);
}

/** @throws Error if it fails: a fast failure is no result. */
async function program([file, ...args]: string[], { env = process.env } = {}): Promise<void> {
  const child = spawn(file!, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${said.slice(-500)}`);
}
