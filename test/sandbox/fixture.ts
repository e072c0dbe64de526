import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { CloudController, configFile, Http, Tokens } from "../../controllers/cfapp/cf/index.ts";
import { type PushOptions, Sandbox } from "../../sandbox/index.ts";
import { write } from "../controllers/cfapp/agent/fixture.ts";

/** A sandbox with one app, whose files are in a directory, and somebody who is logged in. */
export class Rig {
  readonly cf: Sandbox;
  readonly home: string;
  readonly http = new Http({ skipVerify: true });
  readonly cc: CloudController;

  constructor(cf: Sandbox, home: string) {
    [this.cf, this.home] = [cf, home];
    const tokens = new Tokens(configFile(home), () => this.http);
    this.cc = new CloudController({ http: this.http, tokens, api: cf.url });
  }

  get app() {
    return this.cf.app("web");
  }

  /** A directory with files in it. */
  async directory(name: string, files: Record<string, string>): Promise<string> {
    const directory = join(this.home, name);
    await mkdir(directory, { recursive: true });
    await write(directory, files);
    return directory;
  }

  /** Pushes the app with a command, and waits until all of it runs. */
  async push(
    command: string,
    { files = { "hello.txt": "hello\n" }, ...more }: PushOptions & { files?: Record<string, string> } = {},
  ) {
    await this.app.push(await this.directory("source", files), command, more);
  }
}

export const test = base.extend<{ rig: Rig }>({
  // oxlint-disable-next-line no-empty-pattern
  rig: async ({}, use) => {
    const home = await mkdtemp(join(tmpdir(), "tiltish-sandbox-"));
    const cf = await Sandbox.start({
      directory: join(home, "cf"),
      timing: { stopMs: 1000, intervalMs: 200 },
    });
    await cf.login(home);
    const rig = new Rig(cf, home);
    await use(rig);
    rig.http.close();
    await cf.close();
    await rm(home, { recursive: true, force: true });
  },
});
