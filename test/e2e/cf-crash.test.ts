import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test as base } from "vitest";
import { SUPERVISOR_SOCKET } from "../../controllers/cfapp/remote/index.ts";
import { Sandbox } from "../../sandbox/index.ts";
import { write } from "../controllers/cfapp/agent/fixture.ts";
import { treeOf } from "../controllers/cfapp/controller/fixture.ts";
import { BINARY, ours, Session } from "../helpers/session.ts";

const LONG = { timeout: 60_000, interval: 100 };
const SUPERVISOR = fileURLToPath(new URL("../../controllers/cfapp/remote/supervisor.pl", import.meta.url));
/** Who may read nothing that is not meant for all. */
const NOBODY = 65_534;

interface Sync {
  status?: {
    state?: string;
    revision?: { remote?: { number?: number } };
    lastDeploy?: { steps?: { name: string }[]; finishTime?: string };
    rejected?: { path: string; reason: string }[];
    conditions?: { type: string; status: string; reason: string }[];
  };
}

interface Fixtures {
  cf: Sandbox;
  session: Session;
}

const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  cf: async ({}, use) => {
    const home = await mkdtemp(path.join(tmpdir(), "tiltish-cf-crash-"));
    const cf = await Sandbox.start({ directory: path.join(home, "cf") });
    await use(cf);
    await cf.close();
    await rm(home, { recursive: true, force: true });
  },
  session: async ({ cf }, use) => {
    const directory = await mkdtemp(path.join(tmpdir(), "tiltish-crashed-"));
    const session = new Session(directory);
    await mkdir(path.join(session.root, "out"), { recursive: true });
    await cf.login(session.root);
    await write(path.join(directory, "source"), { "app.txt": "zero" });
    const command = `exec perl ${SUPERVISOR} ${SUPERVISOR_SOCKET} -- sh -c 'echo started with $(cat app.txt); exec sleep 1000'`;
    await cf.app("web").push(path.join(directory, "source"), command);
    await use(session);
    await session.crash();
    await rm(directory, { recursive: true, force: true });
  },
});

const object = (cfHome: string) =>
  ours("CFAppSync", "web", { appName: "web", localPath: "out", cfHome, trigger: { debounce: "20ms" } });

async function condition(session: Session, type: string): Promise<string> {
  const sync = await session.get<Sync>("cfs", "web");
  const found = sync?.status?.conditions?.find((each) => each.type === type);
  return `${found?.status} ${found?.reason}`;
}

test("tiltish that is killed while it sends leaves the old files or the new ones, and goes on without a second restart", async ({
  cf,
  session,
}) => {
  const out = path.join(session.root, "out");
  const remote = () => treeOf(path.join(cf.app("web").instances[0]!.home, "app"));
  const starts = () => cf.app("web").instances[0]!.output.match(/started with \w+/g) ?? [];
  await write(out, { "app.txt": "round0" });
  await session.serve();
  await session.apply(object(session.root));
  await expect.poll(() => condition(session, "Synced"), LONG).toBe("True UpToDate");
  for (const [round, bytes] of [200_000, 2_000, 1_500_000].entries()) {
    const before = await remote();
    const { up } = cf.faults.ssh().bytes;
    const noise = randomBytes(3_000_000);
    await write(out, { "noise.bin": noise, "app.txt": `round${round + 1}` });
    await expect
      .poll(() => cf.faults.ssh().bytes.up - up, { timeout: 30_000, interval: 1 })
      .toBeGreaterThan(bytes);
    await session.crash();
    const after = await remote();
    const here = await treeOf(out);
    for (const [file, entry] of here) expect([before.get(file), entry]).toContainEqual(after.get(file));
    await session.serve();
    await expect
      .poll(() => readFile(path.join(cf.app("web").instances[0]!.home, "app/app.txt"), "utf8"), LONG)
      .toBe(`round${round + 1}`);
    await expect.poll(() => condition(session, "Synced"), LONG).toBe("True UpToDate");
    expect((await remote()).get("noise.bin")).toEqual(here.get("noise.bin"));
  }
  expect(starts()).toEqual(
    ["zero", "round0", "round1", "round2", "round3"].map((word) => `started with ${word}`),
  );
}, 180_000);

test("tiltish that is killed in the middle of a first deploy leaves an app that the next one brings to run, and shows no deploy for ever", async ({
  cf,
  session,
}) => {
  const out = path.join(session.root, "out");
  await write(out, { Procfile: "web: sh run.sh", "run.sh": "echo started with it; exec sleep 1000" });
  cf.faults.http().latencyMs = 60;
  await session.serve();
  const statusOf = async (name: string) => (await session.get<Sync>("cfs", name))?.status ?? {};
  const stepsOf = async (name: string) =>
    (await statusOf(name)).lastDeploy?.steps?.map((step) => step.name) ?? [];
  const deploys = (name: string, stopAt: number) =>
    expect
      .poll(async () => (await stepsOf(name)).length, { timeout: 30_000, interval: 5 })
      .toBeGreaterThan(stopAt);
  const steps: string[] = [];
  for (let step = 0; step === 0 || step < steps.length; step++) {
    const name = `app${step}`;
    await session.apply(ours("CFAppSync", name, { appName: name, localPath: "out", cfHome: session.root }));
    await deploys(name, step);
    await session.crash();
    await session.serve();
    await expect.poll(async () => (await statusOf(name)).state, LONG).toBe("Synced");
    const { conditions = [], lastDeploy } = await statusOf(name);
    expect(conditions.find(({ type }) => type === "Ready")).toMatchObject({ status: "True" });
    expect(lastDeploy?.finishTime).toBeDefined();
    expect(cf.app(name).instances.map(({ state }) => state)).toEqual(["RUNNING"]);
    expect(cf.app(name).instances[0]!.output.match(/started with it/g)).toHaveLength(1);
    if (step === 0) steps.push(...(await stepsOf(name)));
  }
  expect(steps).toContain("staging");
}, 180_000);

test("CF-17: a file that cannot be read is named, what the app has of it stays, and the rest is there", async ({
  cf,
  session,
}) => {
  const app = path.join(cf.app("web").instances[0]!.home, "app");
  const out = path.join(session.root, "out");
  await write(out, { "app.txt": "new", "secret.txt": "as it was" });
  await write(app, { "secret.txt": "as it was" });
  await chmod(path.join(out, "secret.txt"), 0);
  const server = await serveAsNobody(session);
  try {
    await session.apply(object(session.root));
    await expect.poll(() => condition(session, "Synced"), LONG).toBe("False PartiallySynced");
    const { status } = (await session.get<Sync>("cfs", "web"))!;
    expect(status!.rejected).toMatchObject([{ path: "secret.txt", reason: "Unreadable" }]);
    expect(await readFile(path.join(app, "app.txt"), "utf8")).toBe("new");
    expect(await readFile(path.join(app, "secret.txt"), "utf8")).toBe("as it was");
  } finally {
    const end = once(server, "exit");
    server.kill("SIGTERM");
    await end;
  }
}, 120_000);

/** Root may read everything, so somebody else has to. */
async function serveAsNobody(session: Session): Promise<ChildProcess> {
  const isRoot = process.getuid?.() === 0;
  await mkdir(session.stateDirectory, { recursive: true });
  if (isRoot) {
    await chmod(path.dirname(session.root), 0o755);
    const config = path.join(session.root, ".cf/config.json");
    for (const one of [session.stateDirectory, config]) await chown(one, NOBODY, NOBODY);
  }
  const server = spawn(process.execPath, [BINARY, "serve", "--root", session.root], {
    env: { ...process.env, ...session.env },
    stdio: ["ignore", "pipe", "inherit"],
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  });
  await once(server.stdout, "data");
  server.stdout.resume();
  return server;
}
