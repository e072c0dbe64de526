import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppHandle } from "./app-handle.ts";
import { type Counters, countersOf } from "./counters.ts";
import { type Faults, faultsOf } from "./faults.ts";
import { isolationHere } from "./instances/index.ts";
import { writeLogin } from "./login.ts";
import { platformOf, type SandboxOptions, USERS } from "./options.ts";
import { endServers, serve, type Servers } from "./serve.ts";

/** A Cloud Foundry on loopback: real enough for cf, for ssh, and for whoever syncs files into its containers. */
export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #servers: Servers;
  readonly faults: Faults;
  #closing: Promise<void> | undefined;

  private constructor(options: SandboxOptions, servers: Servers) {
    [this.#options, this.#servers, this.faults] = [options, servers, faultsOf(servers)];
  }

  /** @throws what the system says of a port or a directory that cannot be had. */
  static async start(options: SandboxOptions): Promise<Sandbox> {
    await mkdir(join(options.directory, "instances"), { recursive: true });
    const sandbox = new Sandbox(options, await serve(platformOf(options), options.port));
    sandbox.latencyMs = options.latencyMs ?? 0;
    for (const { name, directory, command, ...more } of options.apps ?? [])
      await sandbox.app(name).push(directory, command, more);
    return sandbox;
  }

  /** Address of the API. */
  get url(): string {
    return this.#servers.platform.url;
  }

  /** Certificate of the API, which is its own authority. */
  get ca(): string {
    return this.#servers.ca;
  }

  /** Whether processes see their own container at /home/vcap: `none` means that they do not. */
  get isolation(): "root" | "user" | "none" {
    return isolationHere();
  }

  get ssh(): { readonly host: string; readonly port: number; readonly fingerprint: string } {
    const { wires, ssh } = this.#servers;
    return { host: "127.0.0.1", port: wires.ssh.port, fingerprint: ssh.fingerprint };
  }

  get org(): string {
    return this.#servers.platform.organization.name;
  }

  get space(): string {
    return this.#servers.platform.space.name;
  }

  get spaceGuid(): string {
    return this.#servers.platform.space.guid;
  }

  get latencyMs(): number {
    return this.#servers.wires.ssh.latencyMs;
  }

  set latencyMs(latencyMs: number) {
    const { http, ssh } = this.#servers.wires;
    for (const wire of [http, ssh]) wire.latencyMs = latencyMs;
  }

  get counters(): Counters {
    return countersOf(this.#servers, this.#servers.foundation);
  }

  /** An app, whether it is there or not: `push` makes it. */
  app(name: string): AppHandle {
    return new AppHandle(name, this.#servers.platform);
  }

  /** Logs somebody in, as cf would. @returns the file with the configuration. */
  login(cfHome: string, more: object = {}): Promise<string> {
    const { platform } = this.#servers;
    const user = Object.keys(this.#options.users ?? USERS)[0] ?? "nobody";
    return writeLogin(cfHome, { url: this.url, uaa: platform.uaa, platform, user, more });
  }

  /** A password for one login with ssh. */
  sshCode(): string {
    return this.#servers.platform.uaa.issueCode();
  }

  /** No process is left, and nothing on disk. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#servers.platform.close();
    await endServers(this.#servers);
    for (const name of ["instances", "droplets", "packages", "pool"])
      await rm(join(this.#options.directory, name), { recursive: true, force: true });
  }
}
