import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppHandle, type PushOptions } from "./app-handle.ts";
import { newCertificate } from "./certificate.ts";
import { Foundation, Platform, Uaa, type WrongAnswer } from "./foundation/index.ts";
import { isolationHere, type LogLine, type Timing } from "./instances/index.ts";
import { writeLogin } from "./login.ts";
import { SshProxy } from "./ssh/index.ts";
import { Wire } from "./wire/index.ts";

export interface SandboxOptions {
  /** Where everything is kept; it is emptied of what was made there when the sandbox is closed. */
  readonly directory: string;
  /** There and back, for every connection to it. */
  readonly latencyMs?: number;
  /** Of the API; default: any that is free. */
  readonly port?: number;
  /** Apps that are there to begin with. */
  readonly apps?: readonly ({ name: string; directory: string; command: string } & PushOptions)[];
  /** A disk quota ends the file system of a container; needs isolation. */
  readonly enforceQuota?: boolean;
  readonly timing?: Partial<Timing>;
  readonly tokenSeconds?: number;
  /** How long a code for ssh is good. */
  readonly codeSeconds?: number;
  /** Passwords by name. Default: admin, admin. */
  readonly users?: Readonly<Record<string, string>>;
  /** Hears every line that an app, or what stages it, prints. */
  readonly onLog?: (app: string, line: LogLine) => void;
}

const TIMING: Timing = { startMs: 100, intervalMs: 30_000, stopMs: 10_000, crashBackoffMs: 30_000 };

/** What happened so far. */
export interface Counters {
  readonly ssh: {
    /** Connections, whether they came to a login or not. */
    readonly connections: number;
    readonly logins: number;
    readonly refused: number;
    readonly codesIssued: number;
    readonly codesUsed: number;
    /** Commands, shells and subsystems that were started in containers. */
    readonly processes: number;
    readonly forwards: number;
    readonly bytesUp: number;
    readonly bytesDown: number;
  };
  readonly http: {
    readonly connections: number;
    /** By method and path, such as `GET /v3/apps/:guid`; `app` is what went to apps. */
    readonly requests: Readonly<Record<string, number>>;
    readonly bytesUp: number;
    readonly bytesDown: number;
  };
}

/** A Cloud Foundry on loopback: real enough for cf, for ssh, and for whoever syncs files into its containers. */
export class Sandbox {
  readonly #directory: string;
  readonly #platform: Platform;
  readonly #foundation: Foundation;
  readonly #ssh: SshProxy;
  readonly #wires: { readonly http: Wire; readonly ssh: Wire };
  /** Certificate of the API, which is its own authority. */
  readonly ca: string;
  readonly #user: string;

  private constructor(parts: Parts) {
    [this.#directory, this.#platform, this.#foundation] = [parts.directory, parts.platform, parts.foundation];
    [this.#ssh, this.#wires, this.ca, this.#user] = [parts.ssh, parts.wires, parts.ca, parts.user];
  }

  static async start(options: SandboxOptions): Promise<Sandbox> {
    const { latencyMs = 0, apps = [], users = { admin: "admin" } } = options;
    await mkdir(join(options.directory, "instances"), { recursive: true });
    const { tokenSeconds = 600, codeSeconds = 300, enforceQuota = false } = options;
    const uaa = new Uaa({ tokenSeconds, codeSeconds, users });
    const named = { organization: "sandbox-org", space: "dev" };
    const timing = { ...TIMING, ...options.timing };
    const onLog = (guid: string, line: LogLine) =>
      options.onLog?.(platform.apps.find((app) => app.guid === guid)?.name ?? guid, line);
    const platform = new Platform({
      directory: options.directory,
      timing,
      enforceQuota,
      uaa,
      onLog,
      ...named,
    });
    const parts = await serve(platform, options.port);
    const sandbox = new Sandbox({
      ...parts,
      platform,
      directory: options.directory,
      user: Object.keys(users)[0]!,
    });
    sandbox.latencyMs = latencyMs;
    for (const { name, directory, command, ...more } of apps)
      await sandbox.app(name).push(directory, command, more);
    return sandbox;
  }

  /** Address of the API. */
  get url(): string {
    return `https://127.0.0.1:${this.#wires.http.port}`;
  }

  /** Whether processes see their own container at /home/vcap: `none` means that they do not. */
  get isolation(): "root" | "user" | "none" {
    return isolationHere();
  }

  get ssh(): { readonly host: string; readonly port: number; readonly fingerprint: string } {
    return { host: "127.0.0.1", port: this.#wires.ssh.port, fingerprint: this.#ssh.fingerprint };
  }

  get org(): string {
    return this.#platform.organization.name;
  }

  get space(): string {
    return this.#platform.space.name;
  }

  get spaceGuid(): string {
    return this.#platform.space.guid;
  }

  get latencyMs(): number {
    return this.#wires.ssh.latencyMs;
  }

  set latencyMs(latencyMs: number) {
    for (const wire of Object.values(this.#wires)) wire.latencyMs = latencyMs;
  }

  /** An app, whether it is there or not: `push` makes it. */
  app(name: string): AppHandle {
    return new AppHandle(name, this.#platform);
  }

  /** Logs somebody in, as cf would. @returns the file with the configuration. */
  login(cfHome: string, more: object = {}): Promise<string> {
    const [platform, user] = [this.#platform, this.#user];
    return writeLogin(cfHome, { url: this.url, uaa: platform.uaa, platform, user, more });
  }

  /** A password for one login with ssh. */
  sshCode(): string {
    return this.#platform.uaa.issueCode();
  }

  get faults(): Faults {
    return this.#faults;
  }

  readonly #faults: Faults = {
    ssh: () => this.#wires.ssh,
    http: () => this.#wires.http,
    wrongHostKey: (isOn) => void (this.#ssh.wrongHostKey = isOn),
    sshOff: (isOff) => void (this.#platform.isSshEnabled = !isOff),
    answer: (answer) => this.#platform.troubles.answer(answer),
    failBuild: (message) => this.#platform.troubles.failBuild(message),
    failJob: (message) => this.#platform.troubles.failJob(message),
    expireTokens: () => this.#platform.uaa.expireTokens(),
    revokeTokens: () => this.#platform.uaa.revokeAll(),
    clear: () => this.#clear(),
  };

  get counters(): Counters {
    const { ssh, http } = this.#wires;
    const { codesIssued, codesUsed } = this.#platform.uaa;
    return {
      ssh: { ...this.#ssh.counters, ...countsOf(ssh), codesIssued, codesUsed },
      http: { ...countsOf(http), requests: Object.fromEntries(this.#foundation.requests) },
    };
  }

  /** No process is left, and nothing on disk. */
  async close(): Promise<void> {
    await this.#platform.close();
    await Promise.all([this.#wires.http.close(), this.#wires.ssh.close()]);
    await Promise.all([this.#foundation.close(), this.#ssh.close()]);
    for (const name of ["instances", "droplets", "packages", "pool"])
      await rm(join(this.#directory, name), { recursive: true, force: true });
  }

  #clear(): void {
    this.#ssh.wrongHostKey = false;
    this.#platform.isSshEnabled = true;
    this.#platform.troubles.clear();
    for (const wire of Object.values(this.#wires)) {
      wire.mend();
      wire.silence(false);
      wire.refuse(false);
    }
  }
}

/** What can be made to go wrong, at any time. */
export interface Faults {
  /** The way to the ssh proxy: cut it, silence it, refuse at it. */
  ssh(): Wire;
  /** The way to the API, the UAA and the apps. */
  http(): Wire;
  /** Whoever connects is shown the host key of somebody else. */
  wrongHostKey(isOn: boolean): void;
  /** Nobody may use ssh, on the whole platform. */
  sshOff(isOff: boolean): void;
  /** Requests get this answer in the place of the right one. */
  answer(answer: WrongAnswer): void;
  failBuild(message: string): void;
  failJob(message: string): void;
  /** Access tokens are good no more; refresh tokens are. */
  expireTokens(): void;
  /** Nobody is logged in any more. */
  revokeTokens(): void;
  /** All is well again, but for tokens. */
  clear(): void;
}

interface Parts {
  readonly directory: string;
  readonly platform: Platform;
  readonly foundation: Foundation;
  readonly ssh: SshProxy;
  readonly wires: { readonly http: Wire; readonly ssh: Wire };
  readonly ca: string;
  readonly user: string;
}

async function serve(
  platform: Platform,
  port?: number,
): Promise<Pick<Parts, "foundation" | "ssh" | "wires" | "ca">> {
  const { cert, key } = await newCertificate();
  const ssh = await SshProxy.start({
    redeem: (code) => platform.uaa.redeem(code),
    enter: (guid, index) => platform.enter(guid, index),
  });
  const wires: { ssh?: Wire; http?: Wire } = {};
  const addresses = () => ({
    url: `https://127.0.0.1:${wires.http!.port}`,
    ssh: `127.0.0.1:${wires.ssh!.port}`,
    fingerprint: ssh.fingerprint,
  });
  const foundation = await Foundation.start({ platform, cert, key, addresses });
  wires.ssh = await Wire.open(ssh.port);
  wires.http = await Wire.open(foundation.port, port);
  platform.domain = `127.0.0.1:${wires.http.port}`;
  return { foundation, ssh, ca: cert, wires: { ssh: wires.ssh, http: wires.http } };
}

const countsOf = ({ connections, bytes }: Wire) => ({
  connections,
  bytesUp: bytes.up,
  bytesDown: bytes.down,
});
