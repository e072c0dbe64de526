import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import { BRANCHES, git } from "./project.ts";
import type { World } from "./world.ts";

const WATCHED = ["src/app", "src/worker"];
const MESSAGE = "src/app/message.txt";

type Action = (world: World) => Promise<unknown>;

const anyMessage = ({ random }: World) => `${random.of(WATCHED)}/message.txt`;

const save: Action = (world) => writeFile(world.path(anyMessage(world)), world.newText());

const saveAtomically: Action = async (world) => {
  const target = world.path(anyMessage(world));
  await writeFile(`${target}.tmp-1`, world.newText());
  await rename(`${target}.tmp-1`, target);
};

const append: Action = (world) => appendFile(world.path(anyMessage(world)), world.newText());

const saveMany: Action = async (world) => {
  const directory = world.path("src/app", `burst${world.random.between(1, 3)}`);
  await mkdir(directory, { recursive: true });
  const count = world.random.between(20, 200);
  for (let file = 0; file < count; file++) await writeFile(`${directory}/f${file}`, world.newText());
};

const removeMany: Action = (world) =>
  rm(world.path("src/app", `burst${world.random.between(1, 3)}`), { recursive: true, force: true });

const breakBuild: Action = (world) => writeFile(world.path(MESSAGE), `BROKEN ${world.newText()}`);
const slowBuild: Action = (world) => writeFile(world.path(MESSAGE), `SLOW ${world.newText()}`);

const switchBranch: Action = async (world) => {
  await git(world.session.root, "checkout", "-qf", world.random.of(BRANCHES));
  if (world.random.next() < 0.3) await git(world.session.root, "clean", "-fdq", "src");
};

/** Stops at a conflict, for a while. */
const rebase: Action = async (world) => {
  const { root } = world.session;
  await git(root, "checkout", "-qf", "topic");
  await git(root, "rebase", "-q", "rework");
  await writeFile(world.path(MESSAGE), world.newText());
  await delay(world.random.between(0, 500));
  await git(root, "rebase", "--abort");
};

const crashServer: Action = async (world) => {
  const servers = (await world.processes()).filter(({ command }) => command.includes("tools/serve.cjs"));
  if (servers.length === 0) return;
  const { pid } = world.random.of(servers);
  const signal = world.random.of(["SIGKILL", "SIGSEGV", "SIGINT"] as const);
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended meanwhile
  }
};

const annotation = (world: World) => ({
  metadata: { annotations: { [TRIGGER_ANNOTATION]: world.newText().trim() } },
});

const trigger: Action = (world) =>
  world.client.patch(LocalResource, world.random.of(["app", "page", "manual"]), annotation(world));

const flood: Action = (world) => world.client.patch(LocalProcess, "flood", annotation(world));

const flip: Action = async (world) => {
  const name = world.random.of(["app", "page"]);
  await world.client.patch(LocalResource, name, { spec: { disabled: true } });
  await delay(world.random.between(0, 300));
  await world.client.patch(LocalResource, name, { spec: { disabled: false } });
};

const editSpec: Action = (world) => {
  const env = { EDIT: world.newText().trim() };
  if (world.random.next() < 0.5) return world.client.patch(LocalProcess, "worker", { spec: { env } });
  const template = world.random.of(["buildTemplate", "serveTemplate"]);
  return world.client.patch(LocalResource, "app", { spec: { [template]: { env } } });
};

const editWatch: Action = (world) =>
  world.client.patch(LocalResource, "manual", { spec: { triggerMode: world.random.of(["Auto", "Manual"]) } });

const killTiltish: Action = async (world) => {
  await world.session.crash();
  await delay(world.random.between(0, 1500));
  await world.serve();
};

const restartTiltish: Action = async (world) => {
  await world.session.stop();
  await world.serve();
};

/** What developers do, and how often. */
const DAILY: readonly (readonly [Action, number])[] = [
  [save, 20],
  [saveAtomically, 10],
  [append, 6],
  [saveMany, 4],
  [removeMany, 2],
  [breakBuild, 2],
  [slowBuild, 3],
  [switchBranch, 4],
  [rebase, 2],
  [crashServer, 3],
  [trigger, 4],
  [flood, 1],
  [flip, 2],
  [editSpec, 3],
  [editWatch, 1],
];

/** What happens to tiltish itself. */
const STORMY: readonly (readonly [Action, number])[] = [
  [killTiltish, 2],
  [restartTiltish, 2],
];

/** Does something, chosen by chance. */
export async function act(world: World, isStormy: boolean): Promise<void> {
  const choices = isStormy ? [...DAILY, ...STORMY] : DAILY;
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let at = world.random.next() * total;
  const [action] = choices.find(([, weight]) => (at -= weight) < 0) ?? choices[0]!;
  world.count(action.name);
  await action(world);
}

/** Puts an end to all that a developer would not leave so. */
export async function settle(world: World): Promise<void> {
  await git(world.session.root, "rebase", "--abort");
  for (const top of WATCHED) {
    await mkdir(world.path(top), { recursive: true });
    await writeFile(world.path(top, "message.txt"), world.newText());
  }
}
