import type { App, Platform } from "./foundation/index.ts";
import type { Container, HealthCheck, Instance } from "./instances/index.ts";

export interface PushOptions {
  readonly instances?: number;
  /** Default: process, so that an app need not listen. */
  readonly healthCheck?: HealthCheck["type"];
  readonly diskMb?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** An instance as whoever has set up the sandbox sees it. */
export interface InstanceView {
  readonly index: number;
  /** Of the container. */
  readonly guid: string;
  readonly state: string;
  /** What its processes see as /home/vcap. */
  readonly home: string;
  /** Where the app is to listen. */
  readonly port: number;
  /** Of the start command. */
  readonly pid: number;
  readonly output: string;
  /** Ids of all processes in the container. */
  processes(): number[];
  /** Ends the start command, as if it had crashed. */
  kill(signal?: NodeJS.Signals): void;
  /** A new container in the place of this one; resolves when its start command runs. */
  replace(): Promise<void>;
}

/** An app of the sandbox, whether it is there yet or not. */
export class AppHandle {
  readonly name: string;
  readonly #platform: Platform;

  constructor(name: string, platform: Platform) {
    [this.name, this.#platform] = [name, platform];
  }

  /** Undefined as long as there is no such app. */
  get found(): App | undefined {
    return this.#platform.apps.find(({ name }) => name === this.name);
  }

  /** @throws Error if there is no such app. */
  get app(): App {
    const { found } = this;
    if (!found) throw new Error(`the sandbox has no app ${this.name}`);
    return found;
  }

  get guid(): string {
    return this.app.guid;
  }

  /** Guid of its web process: that of the app until it is deployed rolling. */
  get processGuid(): string {
    return this.app.process()!.guid;
  }

  get instances(): InstanceView[] {
    return this.app.process()!.instances.map(viewOf);
  }

  /** Makes an app of a directory and starts it, without a client: what is there to begin with. */
  async push(directory: string, command: string, options: PushOptions = {}): Promise<void> {
    const { instances = 1, healthCheck = "process", diskMb = 1024, env } = options;
    const app = this.found ?? this.#platform.createApp(this.name, this.#platform.space.guid);
    const health: HealthCheck = { type: healthCheck, timeoutSeconds: 60 };
    await app.stop();
    await app.scale("web", { instances, command, diskMb, health });
    if (env) app.environment = env;
    if (app.routes.length === 0) app.routes = [this.#platform.defaultRoute(app)];
    app.setDroplet(await this.#platform.stage(app, directory));
    await app.start();
  }
}

function viewOf(instance: Instance): InstanceView {
  const container = (): Container => {
    if (!instance.container)
      throw new Error(`instance ${instance.index} has no container: it is ${instance.state}`);
    return instance.container;
  };
  return {
    index: instance.index,
    get guid() {
      return instance.guid;
    },
    get state() {
      return instance.state;
    },
    get home() {
      return container().home;
    },
    get port() {
      return container().port;
    },
    get pid() {
      return instance.pid;
    },
    get output() {
      return instance.output;
    },
    processes: () => container().processes(),
    kill: (signal) => instance.kill(signal),
    replace: () => instance.replace(),
  };
}
