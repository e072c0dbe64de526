import { readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { Client, HttpTransport } from "../../../client/index.ts";
import { type Marked, markedProcesses } from "../../helpers/marked.ts";
import { Session, toManifest } from "../../helpers/session.ts";
import { MANIFESTS, plantProject, SERVED } from "./project.ts";
import { Random } from "./random.ts";

/** Fewer changes are kept than by default, so that the history is full, and memory steady, after a short while. */
const MAX_HISTORY = "2000";
const CALM_MS = 60_000;

const { digestOf } = createRequire(import.meta.url)("./programs/digest.cjs") as {
  digestOf: (directory: string) => string;
};

/** One tiltish, one project, and everything that was found wrong with them. */
export class World {
  readonly session: Session;
  readonly random: Random;
  readonly violations: string[] = [];
  readonly counts = new Map<string, number>();
  #client: Client | undefined;
  #saves = 0;

  constructor(directory: string, seed: number) {
    this.session = new Session(directory);
    this.random = new Random(seed);
  }

  async start(): Promise<void> {
    await mkdir(this.session.root, { recursive: true });
    await plantProject(this.session.root);
    await this.serve();
    const outcome = await this.session.apply(...MANIFESTS);
    if (outcome.exitCode !== 0) throw new Error(`${outcome.stderr}\n${toManifest(MANIFESTS)}`);
  }

  async serve(): Promise<void> {
    await this.session.serve("--max-history", MAX_HISTORY);
    const { stateDirectory } = this.session;
    const token = readFileSync(path.join(stateDirectory, "token"), "utf8").trim();
    this.#client = new Client(
      new HttpTransport({ socketPath: path.join(stateDirectory, "tiltish.sock"), token }),
    );
  }

  get client(): Client {
    return this.#client!;
  }

  path(...parts: string[]): string {
    return path.join(this.session.root, ...parts);
  }

  /** A text that was never saved before. */
  newText(): string {
    return `save ${++this.#saves} ${this.random.between(0, 1e9)}\n`;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  violate(what: string): void {
    this.violations.push(`${new Date().toISOString()} ${what}`);
  }

  processes(): Promise<Marked[]> {
    return markedProcesses(this.session.stateDirectory);
  }

  /** What that LocalProcess answers, or why it does not. */
  async answer(name: string): Promise<string> {
    const port = (await this.client.get(LocalProcess, name))?.status?.ports?.["http"];
    const signal = AbortSignal.timeout(2000);
    return fetch(`http://127.0.0.1:${port}/`, { signal }).then((response) => response.text(), String);
  }

  /** Polls until every server serves what is on the disk now. @returns What is still wrong, if it stays so. */
  async waitForCalm(timeoutMs = CALM_MS): Promise<string | undefined> {
    const deadline = performance.now() + timeoutMs;
    let wrong: string | undefined;
    do {
      wrong = await this.#whatIsWrong().catch(String);
      if (wrong !== undefined) await delay(100);
    } while (wrong !== undefined && performance.now() < deadline);
    return wrong;
  }

  async #whatIsWrong(): Promise<string | undefined> {
    for (const [name, source] of Object.entries(SERVED)) {
      const [wanted, served] = [digestOf(this.path(source)), await this.answer(name)];
      if (served !== wanted) return `${name} serves ${served} instead of ${wanted}`;
    }
    const running = (await this.processes()).map(({ command }) => command);
    const servers = running.filter((command) => command.includes("tools/serve.cjs"));
    const count = Object.keys(SERVED).length;
    return servers.length === count
      ? undefined
      : `${servers.length} servers run instead of ${count}: ${servers.join("; ")}`;
  }

  /** Polls until the server that was built from this directory serves what it holds. @returns How long that took. */
  async timeUntilServed(name: string, timeoutMs = 20_000): Promise<number | undefined> {
    const begin = performance.now();
    const wanted = digestOf(this.path(SERVED[name]!));
    const port = (await this.client.get(LocalProcess, name))?.status?.ports?.["http"];
    while (performance.now() - begin < timeoutMs) {
      const served = await fetch(`http://127.0.0.1:${port}/`).then((response) => response.text(), String);
      if (served === wanted) return performance.now() - begin;
      await delay(2);
    }
    return undefined;
  }

  /** What programs noted that found another copy of themselves. */
  async doubles(): Promise<string[]> {
    const text = await readFile(this.path("doubles.txt"), "utf8").catch(() => "");
    return text.split("\n").filter(Boolean);
  }
}
