import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test as base } from "vitest";

/** What a command has left behind. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command that is still running. */
export interface Running {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<Outcome>;
}

const PROGRAM = fileURLToPath(new URL("../../dist/tiltish.js", import.meta.url));

/** The built program, in a folder of its own, with a state of its own. */
export class Driver {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #running: Running[] = [];
  #hasDetached = false;

  constructor(folder: string) {
    this.folder = folder;
    const { TILTISH_STATE_DIR: _, KUBECONFIG: __, NO_COLOR: ___, FORCE_COLOR: ____, ...env } = process.env;
    this.env = { ...env, HOME: folder, CF_HOME: folder, XDG_STATE_HOME: join(folder, ".state") };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, text: string): Promise<string> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), text);
    return name;
  }

  /** Runs a command to its end. */
  run(
    args: readonly string[],
    { input, cwd = this.folder }: { input?: string; cwd?: string } = {},
  ): Promise<Outcome> {
    this.#hasDetached ||= args.some((arg) => arg === "-d" || arg === "--wait");
    return new Promise((resolve) => {
      const options = { cwd, env: this.env, timeout: 15_000 };
      const child = execFile(process.execPath, [PROGRAM, ...args], options, (error, stdout, stderr) => {
        resolve({ code: error ? ((error.code as unknown as number | null) ?? null) : 0, stdout, stderr });
      });
      child.stdin?.end(input ?? "");
    });
  }

  /** Starts a command that goes on; it is ended with the test. */
  start(args: readonly string[]): Running {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: this.folder, env: this.env });
    const text = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
    const ended = new Promise<Outcome>((resolve) => {
      child.once("close", (code) => resolve({ code, ...text }));
    });
    const running = {
      child,
      ended,
      get stdout() {
        return text.stdout;
      },
      get stderr() {
        return text.stderr;
      },
    };
    this.#running.push(running);
    return running;
  }

  /** A server of this folder that answers. */
  async serve(): Promise<Running> {
    const server = this.start(["serve"]);
    await expect.poll(() => server.stdout + server.stderr, { timeout: 15_000 }).toContain("tiltish serves");
    return server;
  }

  async close(): Promise<void> {
    for (const { child, ended } of this.#running) {
      if (child.exitCode === null) child.kill("SIGTERM");
      await ended;
    }
    if (this.#hasDetached) await this.run(["down", "--all"]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Each test gets a folder of its own. */
export const test = base.extend<{ driver: Driver }>({
  // oxlint-disable-next-line eslint/no-empty-pattern -- vitest wants to see which fixtures are used
  driver: async ({}, use) => {
    const driver = new Driver(await mkdtemp(join(tmpdir(), "tiltish-cmd-")));
    await use(driver);
    await driver.close();
  },
});

/** A process that does nothing, for a long time. */
export const sleeper = (name: string, more = ""): string =>
  `apiVersion: tiltish.dev/v1alpha1
kind: LocalProcess
metadata:
  name: ${name}
spec:
  argv: [sleep, "1000"]
${more}`;
