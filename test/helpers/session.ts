import { execa } from "execa";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The built binary, as a user runs it. */
export const BINARY = fileURLToPath(new URL("../../dist/tiltish.js", import.meta.url));

/** What a command printed, and how it ended. Never throws: tests look at failures too. */
export interface Outcome {
  stdout: string;
  stderr: string;
  exitCode: number | undefined;
}

/** A server of its own: state directory, project directory, and nothing of the user's. */
export class Session {
  readonly root: string;
  readonly stateDirectory: string;
  #server: ChildProcess | undefined;
  #stderr: string[] = [];

  constructor(directory: string) {
    this.root = path.join(directory, "project");
    this.stateDirectory = path.join(directory, "state");
  }

  get kubeconfig(): string {
    return path.join(this.stateDirectory, "kubeconfig");
  }

  get pid(): number {
    return this.#server!.pid!;
  }

  get env(): Record<string, string> {
    return { TILTISH_STATE_DIR: this.stateDirectory, NO_COLOR: "1" };
  }

  /** Starts `tiltish serve`, and waits until it says that it is ready. */
  async serve(...args: string[]): Promise<void> {
    const server = spawn(process.execPath, [BINARY, "serve", "--root", this.root, ...args], {
      env: { ...process.env, ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#server = server;
    this.#stderr = [];
    server.stderr.on("data", (chunk: Buffer) => this.#stderr.push(chunk.toString()));
    const ready = once(server.stdout, "data").then(() => undefined);
    const ended = once(server, "exit").then(() => this.#stderr.join(""));
    const failure = await Promise.race([ready, ended]);
    if (failure !== undefined) throw new Error(`tiltish serve ended: ${failure}`);
    server.stdout.resume();
  }

  /** How the server has ended, and what it said; undefined while it runs. */
  get end(): string | undefined {
    const { exitCode = null, signalCode = null } = this.#server ?? {};
    if (exitCode === null && signalCode === null) return undefined;
    return `exit ${exitCode ?? signalCode ?? ""}: ${this.#stderr.join("")}`;
  }

  /** Ends the server as a user does, and waits for it. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** Ends the server as a crash does. */
  crash(): Promise<void> {
    return this.#end("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, "exit");
    server.kill(signal);
    await exit;
  }

  /** Runs `tiltish …` in the project directory. */
  run(...args: string[]): Promise<Outcome> {
    return this.#command(process.execPath, [BINARY, ...args]);
  }

  kubectl(...args: string[]): Promise<Outcome> {
    return this.kubectlWith({}, ...args);
  }

  /** The same with more in its environment. */
  kubectlWith(env: Record<string, string>, ...args: string[]): Promise<Outcome> {
    // What it remembers of servers it remembers by their port, which another one may have had.
    const known = ["--kubeconfig", this.kubeconfig, "--cache-dir", `${this.kubeconfig}-cache`];
    return this.#command("kubectl", [...known, ...args], { env });
  }

  /** Applies objects, through the command line. */
  async apply(...objects: object[]): Promise<Outcome> {
    return this.#command(process.execPath, [BINARY, "apply", "-f", "-"], { input: toManifest(objects) });
  }

  /** The object as JSON, or undefined. */
  async get<T = Record<string, unknown>>(kind: string, name: string): Promise<T | undefined> {
    const { stdout, exitCode } = await this.run("get", kind, name, "-o", "json");
    return exitCode === 0 ? (JSON.parse(stdout) as T) : undefined;
  }

  async #command(file: string, args: string[], { input = "", env = {} } = {}): Promise<Outcome> {
    const all = { cwd: this.root, env: { ...this.env, ...env }, input, reject: false } as const;
    const result = await execa(file, args, all);
    return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
  }
}

/** Begins as YAML does: what begins with a brace some kubectls take for JSON to its end. */
export const toManifest = (objects: readonly object[]): string =>
  objects.map((object) => `---\n${JSON.stringify(object)}\n`).join("");

/** An object of ours. */
export const ours = (kind: string, name: string, spec: object, metadata: object = {}) => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind,
  metadata: { name, ...metadata },
  spec,
});

/** Writes files below the project directory. */
export const writeFiles = (session: Session, files: Record<string, string>): Promise<void[]> =>
  Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(session.root, name), text)));
