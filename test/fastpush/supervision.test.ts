import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { APP, type Container, GUID, test as base } from "./fixture.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/tiltish.js", import.meta.url));

/** The command, as a container runs it. */
class Command {
  readonly child: ChildProcess;
  stderr = "";
  stdout = "";

  constructor(container: Container, { args, env }: { args: string[]; env: NodeJS.ProcessEnv }) {
    this.child = spawn(process.execPath, [PROGRAM, "fastpush-controller", ...args], {
      cwd: container.app,
      env: {
        PATH: process.env["PATH"],
        HOME: container.home,
        BIND_ADDRESS: "127.0.0.1",
        VCAP_APPLICATION: JSON.stringify({ application_id: GUID }),
        ...env,
      },
    });
    this.child.stderr!.on("data", (bytes: Buffer) => (this.stderr += bytes.toString()));
    this.child.stdout!.on("data", (bytes: Buffer) => (this.stdout += bytes.toString()));
  }

  async ended(): Promise<number | string> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
    return this.child.exitCode ?? this.child.signalCode!;
  }
}

const test = base.extend<{ run: (args: string[], env?: NodeJS.ProcessEnv) => Command }>({
  run: async ({ container }, use) => {
    const commands: Command[] = [];
    await writeFile(container.path("app.js"), APP);
    await use((args, env = {}) => {
      commands.push(new Command(container, { args, env }));
      return commands.at(-1)!;
    });
    for (const { child } of commands) child.kill("SIGTERM");
    await Promise.all(commands.map((command) => command.ended()));
  },
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const pidIn = async (container: Container, name: string): Promise<number> => {
  await expect.poll(() => readFile(container.path(name), "utf8").catch(() => "")).toMatch(/\d/);
  return Number(await readFile(container.path(name), "utf8"));
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe("the app", () => {
  test("is started without a shell: words are split at spaces, and quotes are characters", async ({
    container,
  }) => {
    await container.write("args.js", "console.log(JSON.stringify(process.argv.slice(2)))");
    await container.start({ backend_command: `  node   args.js "a b" $HOME *.js ` });
    const output = async () => (await container.ask("GET", "/_fastpush/v1/output")).body;
    await expect.poll(output).toBe('["\\"a","b\\"","$HOME","*.js"]\n');
  });

  test("that ignores TERM is killed after a while, with all that it has started", async ({ container }) => {
    const script =
      `trap '' TERM; sh -c 'trap "" TERM; echo $$ > child.pid; while :; do sleep 0.05; done' & ` +
      `echo $$ > app.pid; while :; do sleep 0.05; done`;
    await container.write("run.sh", script);
    await container.start({ backend_command: "sh run.sh", stop_grace: "0.3" });
    const pids = [await pidIn(container, "app.pid"), await pidIn(container, "child.pid")];
    expect((await container.ask("POST", "/_fastpush/restart")).body).toBe('{"Health":"Restarting"}\n');
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  test("that ends is started again, and what it has left behind is not in its way", async ({ container }) => {
    await container.write("run.sh", "echo $$ >> runs; sleep 1000 & echo $! > left.pid; exit 3");
    await container.start({ backend_command: "sh run.sh" });
    const left = await pidIn(container, "left.pid");
    await expect.poll(async () => (await container.read("runs")).split("\n").length).toBeGreaterThan(3);
    await expect.poll(() => isAlive(left)).toBe(false);
    const status = JSON.parse((await container.ask("GET", "/_fastpush/v1/status")).body) as { exit: string };
    expect(status.exit).toBe("3");
  });

  test("whose program is missing is told, and the controller goes on", async ({ container }) => {
    await container.start({ backend_command: "no-such-program" });
    await expect.poll(() => container.log.join("\n")).toContain("ENOENT");
    const status = JSON.parse((await container.ask("GET", "/_fastpush/v1/status")).body) as object;
    expect(status).toMatchObject({ pid: 0, exit: "ENOENT" });
  });
});

describe("tiltish fastpush-controller", () => {
  test("takes its port from PORT, and gives the app another one where both would have the same", async ({
    container,
    run,
  }) => {
    const port = String(await freePort());
    const command = run(["--", "node", "app.js"], { PORT: port, BACKEND_PORT: port });
    const ask = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/x`).catch(() => undefined);
      return answer?.status;
    };
    await expect.poll(ask).toBe(200);
    expect(command.stderr).toContain("the app gets a free one");
    expect(command.stdout).toContain("app listens");
    expect(container.app).toBeTruthy();
  });

  test("reads the file of the original; the environment wins over it, and options over that", async ({
    container,
    run,
  }) => {
    const port = await freePort();
    await container.write(
      "cf-fastpush-controller.yml",
      `backend_command: node app.js\nport: 1\nbase_path: /_file\nBackend_Dirs: ./\nbackend_port: ${await freePort()}\n`,
    );
    const command = run(["--base-path", "/_flag"], { PORT: String(port), BASE_PATH: "/_env" });
    const status = async (path: string) => {
      const headers = { "x-auth-token": GUID };
      const answer = await fetch(`http://127.0.0.1:${port}${path}/status`, { headers }).catch(
        () => undefined,
      );
      return answer?.text();
    };
    await expect.poll(() => status("/_flag")).toBe('{"Health":"Running"}\n');
    expect(command.stderr).toContain("settings of");
  });

  test("ends the app with TERM, then itself; one that does not end is killed in time", async ({
    container,
    run,
  }) => {
    await container.write(
      "polite.sh",
      "trap 'echo done > ended; exit 0' TERM; echo $$ > app.pid; while :; do sleep 0.05; done",
    );
    const command = run(["--", "sh", "polite.sh"], { PORT: "0", BACKEND_PORT: "0" });
    const pid = await pidIn(container, "app.pid");
    command.child.kill("SIGTERM");
    expect(await command.ended()).toBe(143);
    expect(await container.read("ended")).toBe("done\n");
    expect(isAlive(pid)).toBe(false);
  });

  const wrong: [string[], NodeJS.ProcessEnv, RegExp][] = [
    [[], { PORT: "x" }, /^error: port must be a port, not "x"/],
    [["--restart-regex", "("], { PORT: "0" }, /^error: restart_regex "\("/],
    [["--base-path", "x"], {}, /^error: base_path must begin with \//],
    [["--config", "nowhere.yml"], {}, /^error: nowhere.yml: there is no such file/],
  ];
  for (const [args, env, message] of wrong)
    test(`says what is wrong with ${args.join(" ") || JSON.stringify(env)}`, async ({ run }) => {
      const command = run(args, env);
      expect(await command.ended()).not.toBe(0);
      expect(command.stderr).toMatch(message);
    });

  test("takes settings in JSON and in TOML too", async ({ container, run }) => {
    const port = await freePort();
    await container.write(
      "cf-fastpush-controller.toml",
      `# settings\nport = ${port}\nbackend_command = "node app.js" # the app\nbackend_port = 0\nbase_path = '/_toml'\n`,
    );
    run([]);
    const status = async () =>
      (await fetch(`http://127.0.0.1:${port}/_toml/status`).catch(() => undefined))?.status;
    await expect.poll(status).toBe(401);
  });

  test("finds what is wrong in a file by its line", async ({ container, run }) => {
    await container.write("cf-fastpush-controller.toml", "port = 1\nwhat is this\n");
    const command = run([]);
    expect(await command.ended()).toBe(1);
    expect(command.stderr).toContain(`${join(container.app, "cf-fastpush-controller.toml")}: line 2`);
  });
});
