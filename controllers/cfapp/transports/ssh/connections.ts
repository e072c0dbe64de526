import { AuthError, PlatformError } from "../../cf/errors.ts";
import type { CloudController } from "../../cf/index.ts";
import { ConnectError, type InstanceRef, type Link } from "../transport.ts";
import { SshConnection } from "./connection.ts";
import { type HostKeyPolicy, verifyHostKey } from "./hostkey.ts";
import { type AppNames, sshDisabled, sshNotOffered } from "./refusals.ts";

/** What the ssh transports ask of the platform. */
export type SshPlatform = Pick<CloudController, "platform" | "sshCode" | "sshEnabled">;

export interface SshOptions {
  readonly platform: SshPlatform;
  readonly names: AppNames;
  readonly hostKey: HostKeyPolicy;
  readonly keepaliveMs: number;
  readonly connectTimeoutMs: number;
}

/** Between two attempts, a connection that nobody uses is kept so long. */
const LINGER_MS = 5_000;

/** The right to use a connection. It ends once nobody has one. */
export interface Lease {
  readonly connection: SshConnection;
  readonly release: () => void;
}

interface Shared {
  readonly opening: Promise<SshConnection>;
  users: number;
  linger?: NodeJS.Timeout;
}

/** One ssh connection to each instance, and one code for each connection, whichever ways of moving files are tried over it. */
export class SshConnections {
  readonly #options: SshOptions;
  readonly #shared = new Map<string, Shared>();

  constructor(options: SshOptions) {
    this.#options = options;
  }

  /** @throws ConnectError; AuthError and PlatformError of the platform; the reason of the signal. */
  async use(instance: InstanceRef, signal?: AbortSignal): Promise<Lease> {
    const key = `cf:${instance.processGuid}/${instance.index}`;
    const shared = this.#shared.get(key) ?? this.#share(key, this.#open(key, instance, signal));
    clearTimeout(shared.linger);
    shared.users++;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      if (--shared.users === 0) shared.linger = setTimeout(() => this.#drop(key, shared), LINGER_MS).unref();
    };
    try {
      return { connection: await shared.opening, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /**
   * Opens a link over the connection to an instance. If it is the only one, the two end together.
   *
   * @throws as {@link use}, and ConnectError as `open` does.
   */
  async link<T extends Link>(
    instance: InstanceRef,
    open: (connection: SshConnection) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { connection, release } = await this.use(instance, signal);
    try {
      const link = await open(connection);
      void link.closed.then(release).then(() => this.#settle(instance));
      return link;
    } catch (error) {
      release();
      signal?.throwIfAborted();
      if (connection.isClosed) throw unreachable((error as Error).message, error as Error);
      throw error;
    }
  }

  /** Ends the connection to an instance if nobody uses it any more. */
  #settle(instance: InstanceRef): void {
    const key = `cf:${instance.processGuid}/${instance.index}`;
    const shared = this.#shared.get(key);
    if (shared?.users === 0) this.#drop(key, shared);
  }

  close(): void {
    for (const [key, shared] of this.#shared) this.#drop(key, shared);
  }

  #share(key: string, opening: Promise<SshConnection>): Shared {
    const shared: Shared = { opening, users: 0 };
    this.#shared.set(key, shared);
    const forget = () => {
      if (this.#shared.get(key) === shared) this.#shared.delete(key);
    };
    opening.then(async (connection) => (await connection.closed, forget()), forget);
    return shared;
  }

  #drop(key: string, shared: Shared): void {
    clearTimeout(shared.linger);
    if (this.#shared.get(key) === shared) this.#shared.delete(key);
    shared.opening.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }

  async #open(user: string, instance: InstanceRef, signal?: AbortSignal): Promise<SshConnection> {
    const { connectTimeoutMs } = this.#options;
    const timeout = AbortSignal.timeout(connectTimeoutMs);
    try {
      return await this.#connect(user, signal ? AbortSignal.any([signal, timeout]) : timeout);
    } catch (error) {
      signal?.throwIfAborted();
      throw await this.#explained(timeout.aborted ? noAnswer(connectTimeoutMs) : error, instance);
    }
  }

  async #connect(user: string, signal: AbortSignal): Promise<SshConnection> {
    const { platform, hostKey, keepaliveMs } = this.#options;
    const { ssh } = await platform.platform();
    if (!ssh) throw sshNotOffered();
    return SshConnection.open(
      {
        host: ssh.host,
        port: ssh.port,
        user,
        keepaliveMs,
        verify: (key) => verifyHostKey(key, hostKey, ssh.fingerprint),
        password: () => platform.sshCode(),
      },
      signal,
    );
  }

  /** Who cannot be reached, or refuses the login, often does so because ssh is forbidden. */
  async #explained(error: unknown, { appGuid }: InstanceRef): Promise<unknown> {
    if (error instanceof AuthError || error instanceof PlatformError) return error;
    const known =
      error instanceof ConnectError ? error : unreachable((error as Error).message, error as Error);
    if (known.reason !== "Unreachable" && known.reason !== "PasscodeRefused") return known;
    try {
      const { enabled, reason } = await this.#options.platform.sshEnabled(appGuid);
      return enabled ? known : sshDisabled(reason, this.#options.names);
    } catch {
      return known;
    }
  }
}

const unreachable = (why: string, cause?: Error): ConnectError =>
  new ConnectError("Unreachable", `the app cannot be reached by ssh: ${why}`, { cause });

const noAnswer = (timeoutMs: number): ConnectError =>
  unreachable(`no answer within ${timeoutMs / 1000} s (spec.ssh.connectTimeout)`);
