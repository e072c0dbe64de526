import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { SUPERVISOR_SOCKET, supervisorScript } from "../../../../controllers/cfapp/remote/index.ts";
import { connectFirst } from "../../../../controllers/cfapp/transports/index.ts";
import { runCommand } from "../../../../controllers/cfapp/transports/ssh/command.ts";
import { SshConnections } from "../../../../controllers/cfapp/transports/ssh/connections.ts";
import { quote } from "../../../../controllers/cfapp/transports/ssh/shell.ts";
import type { Link, RestartPolicy, SyncOutcome } from "../../../../controllers/cfapp/transports/transport.ts";
import { type Rig, test as base } from "../../../sandbox/fixture.ts";
import { write } from "../agent/fixture.ts";
import { REMOTE, test, World } from "./fixture.ts";

const ENGINES = ["Agent", "SFTP", "Rsync"] as const;

const command = (...words: string[]): RestartPolicy => ({ mode: "Command", command: words });

const SUPERVISED: RestartPolicy = { mode: "Supervisor", signal: "TERM", graceSeconds: 1 };

/** Syncs what is here, then restarts. */
async function synced(world: World, link: Link, restart: RestartPolicy): Promise<SyncOutcome> {
  const set = await world.setFor(await link.list(), { deletePolicy: "Tracked", restart });
  return (await link.stage(set)).commit();
}

describe.each(ENGINES)("by %s, a command that restarts the app", (engine) => {
  test("gets its words as they are, and runs in the directory of the app", async ({ world }) => {
    await world.write({ x: "1" });
    const link = await world.connect(engine);
    const words = ["sh", "-c", 'pwd > where; printf "%s\\n" "$@" >> where', "sh", "it's $HOME", "*", "a\nb"];
    expect(await synced(world, link, command(...words))).toMatchObject({ result: "ok" });
    expect(await readFile(join(world.app, "where"), "utf8")).toBe(`${REMOTE}\nit's $HOME\n*\na\nb\n`);
  });

  test("says how it ended, and the last of what it printed", async ({ world }) => {
    await world.write({ x: "1" });
    const link = await world.connect(engine);
    const failing = command("sh", "-c", "seq 100000; echo 'no luck' >&2; exit 4");
    const outcome = await synced(world, link, failing);
    expect(outcome).toMatchObject({ result: "crashed", exit: "4" });
    const { output } = outcome as { output: string };
    expect(output).toMatch(/99999\n100000\nno luck\n$/);
    expect(output.length).toBeLessThan(2_100);
    await world.write({ x: "2" });
    const killed = await synced(world, link, command("sh", "-c", "echo here; kill -9 $$"));
    expect(killed).toMatchObject({ result: "crashed", exit: "SIG9", output: "here\n" });
    await world.write({ x: "3" });
    expect(await synced(world, link, command("no-such-program"))).toMatchObject({ result: "crashed" });
  });

  test("is not waited for once it has ended, whatever it leaves running", async ({ world }) => {
    await world.write({ x: "1" });
    const link = await world.connect(engine);
    const left = "while [ ! -e go ]; do sleep 0.01; done; echo heard | tee went; exec sleep 1000";
    const outcome = await synced(world, link, command("sh", "-c", `echo begun; (${left}) & exit 3`));
    expect(outcome).toMatchObject({ result: "crashed", exit: "3", output: "begun\n" });
    await write(world.app, { go: "" });
    await expect.poll(() => readFile(join(world.app, "went"), "utf8").catch(() => "")).toBe("heard\n");
  });
});

/** By ssh alone, without an agent. */
async function commanded(world: World, script: string, limitMs: number) {
  const connections = new SshConnections({
    platform: world.rig.cc,
    names: { app: "web" },
    hostKey: { mode: "Strict" },
    keepaliveMs: 20_000,
    connectTimeoutMs: 20_000,
  });
  const { connection } = await connections.use(world.ref);
  const place = { root: REMOTE, state: "/home/vcap/tmp", limitMs };
  const outcome = await runCommand(connection, ["sh", "-c", script], place);
  connections.close();
  return outcome;
}

test("a command over ssh that does not end in its time is ended, with all that it has started", async ({
  world,
}) => {
  const before = world.rig.app.instances[0]!.processes().length;
  const outcome = await commanded(world, "trap '' TERM; echo here; sleep 1000; sleep 1000", 300);
  expect(outcome).toMatchObject({
    result: "crashed",
    exit: "SIG9",
    output: "here\nit did not end within 0.3 seconds\n",
  });
  await expect.poll(() => world.rig.app.instances[0]!.processes().length).toBe(before);
});

test("a command over ssh that ends when it is told to says so", async ({ world }) => {
  const outcome = await commanded(world, "trap 'echo bye; exit 7' TERM; while :; do sleep 0.05; done", 300);
  expect(outcome).toMatchObject({ result: "crashed", exit: "7" });
  expect((outcome as { output: string }).output).toMatch(/bye\nit did not end within 0\.3 seconds\n$/);
});

/** An app under a supervisor. */
async function supervisedWorld(rig: Rig, app: string): Promise<World> {
  const world = await World.create(
    rig,
    `exec perl supervisor.pl ${SUPERVISOR_SOCKET} -- /bin/bash -c ${quote(app)}`,
    { "supervisor.pl": supervisorScript() },
  );
  await expect.poll(() => world.rig.app.instances[0]!.processes().length).toBeGreaterThan(1);
  return world;
}

describe.each(ENGINES)("by %s, an app under a supervisor", (engine) => {
  base("is restarted, and it is told with which process", async ({ rig }) => {
    const world = await supervisedWorld(rig, "echo $$ > /home/vcap/pid; exec sleep 1000");
    const pid = () => readFile(join(world.home, "pid"), "utf8").then(Number);
    const before = await pid();
    await world.write({ x: "1" });
    const link = await world.connect(engine);
    expect(link.capabilities.restarts).toBe(true);
    const outcome = await synced(world, link, SUPERVISED);
    expect(outcome).toMatchObject({ result: "ready", pid: await pid() });
    expect(outcome.durationsMs).toMatchObject({ restart: expect.any(Number), ready: expect.any(Number) });
    expect(await pid()).not.toBe(before);
    world.close();
  });

  base("that crashes is told of with its exit code and last lines", async ({ rig }) => {
    const world = await supervisedWorld(rig, "[ ! -e x ] || { echo no luck; exit 3; }; exec sleep 1000");
    await world.write({ x: "1" });
    const outcome = await synced(world, await world.connect(engine), SUPERVISED);
    expect(outcome).toMatchObject({ result: "crashed", exit: "3", output: "no luck\n" });
    world.close();
  });

  test("if there is none, it is not restarted, and that is told", async ({ world }) => {
    await world.write({ x: "1" });
    const outcome = await synced(world, await world.connect(engine), SUPERVISED);
    expect(outcome).toMatchObject({ result: "unsupervised" });
    expect(outcome).not.toHaveProperty("why");
  });
});

base("an app under a supervisor is restarted where perl lacks what the agent needs", async ({ rig }) => {
  const world = await supervisedWorld(rig, "exec sleep 1000");
  await write(world.home, {
    ".bashrc": "export PERL5LIB=/home/vcap/lib",
    "lib/Digest/SHA.pm": "die 'there is no Digest::SHA';",
  });
  const { link, transport, passedOver } = await connectFirst(world.transports(), world.ref);
  expect(transport.name).toBe("SFTP");
  expect(passedOver[0]!.message).toContain("there is no Digest::SHA");
  await world.write({ x: "1" });
  expect(await synced(world, link, SUPERVISED)).toMatchObject({ result: "ready" });
  world.close();
});

test("where no perl runs, it is told that no supervisor can, and what to do", async ({ world }) => {
  await write(world.home, { ".bashrc": "export PATH=/nowhere" });
  const link = await world.connect("SFTP");
  await world.write({ x: "1" });
  expect(await synced(world, link, SUPERVISED)).toMatchObject({
    result: "unsupervised",
    why: expect.stringMatching(/^no perl runs in the container .*spec\.restart\.mode/) as string,
  });
  await world.write({ x: "2" });
  const builtin = command("/bin/bash", "-c", "echo said; exit 3");
  expect(await synced(world, link, builtin)).toMatchObject({ result: "crashed", exit: "3" });
});
