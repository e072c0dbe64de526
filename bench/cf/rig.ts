import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CloudController, configFile, Http, Tokens } from "../../controllers/cfapp/cf/index.ts";
import { SUPERVISOR_SOCKET } from "../../controllers/cfapp/remote/index.ts";
import { SshConnections } from "../../controllers/cfapp/transports/ssh/connections.ts";
import type { InstanceRef } from "../../controllers/cfapp/transports/transport.ts";
import { type AppHandle, Sandbox } from "../../sandbox/index.ts";
import type { Settings } from "../lib/benchmark.ts";
import { SUPERVISOR } from "./tree.ts";

export const APP = "/home/vcap/app";

const COMMAND = `exec perl ${APP}/${SUPERVISOR} ${SUPERVISOR_SOCKET} -- perl ${APP}/server.pl`;

/** A Cloud Foundry with an app for each way that is measured: none of them sees what another one does. */
export class CfRig {
  readonly sandbox: Sandbox;
  readonly cc: CloudController;
  readonly #http: Http;

  private constructor(sandbox: Sandbox, home: string) {
    this.sandbox = sandbox;
    this.#http = new Http({ skipVerify: true });
    const tokens = new Tokens(configFile(home), () => this.#http);
    this.cc = new CloudController({ http: this.#http, tokens, api: sandbox.url });
  }

  static async start(settings: Settings): Promise<CfRig> {
    const home = settings.directory("cf");
    mkdirSync(join(home, "sandbox"));
    const sandbox = await Sandbox.start({ directory: join(home, "sandbox") });
    await sandbox.login(home);
    return new CfRig(sandbox, home);
  }

  /** Pushes an app, and waits until it listens. */
  async push(name: string, directory: string): Promise<AppHandle> {
    const app = this.sandbox.app(name);
    await app.push(directory, COMMAND, { healthCheck: "port" });
    while (app.instances[0]?.state !== "RUNNING") await new Promise((resolve) => setTimeout(resolve, 20));
    return app;
  }

  refOf({ guid: appGuid, processGuid }: AppHandle): InstanceRef {
    return { appGuid, processGuid, index: 0 };
  }

  connections(): SshConnections {
    return new SshConnections({
      platform: this.cc,
      names: { app: "bench" },
      hostKey: { mode: "Strict" },
      keepaliveMs: 20_000,
      connectTimeoutMs: 30_000,
    });
  }

  /** Bytes between here and ssh so far, both ways. */
  get bytes(): number {
    const { bytesUp, bytesDown } = this.sandbox.counters.ssh;
    return bytesUp + bytesDown;
  }

  async close(): Promise<void> {
    this.#http.close();
    await this.sandbox.close();
  }
}
