import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test as base } from "vitest";
import { ConfigMap } from "../../apis/core/index.ts";
import { TestCluster } from "../controllers/k8s/cluster/cluster.ts";
import { BINARY, ours, Session } from "../helpers/tiltish.ts";

const WAIT = { timeout: 30_000, interval: 50 };

interface Fixtures {
  cluster: TestCluster;
  session: Session;
  kubeconfig: string;
}

/** A cluster that stays, and a server of tiltish that is killed. */
const test = base.extend<Fixtures & { home: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  home: async ({}, use) => {
    const home = await mkdtemp(join(tmpdir(), "tiltish-k8s-crash-"));
    await use(home);
    await rm(home, { recursive: true, force: true });
  },
  cluster: async ({ home }, use) => {
    const cluster = await TestCluster.start(join(home, "cluster"));
    await use(cluster);
    await cluster.stop();
  },
  kubeconfig: async ({ home, cluster }, use) => {
    const file = join(home, "kubeconfig");
    await cluster.writeKubeconfig(file);
    await use(file);
  },
  session: async ({ home }, use) => {
    const session = new Session(home);
    await mkdir(session.root, { recursive: true });
    await session.serve();
    await use(session);
    await session.stop();
  },
});

const NAMES = ["a", "b", "c", "d"];
const maps = NAMES.map((name) =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { name } }),
);
const spec = (kubeconfig: string) => ({ kubeconfig, yaml: maps.map((map) => `---\n${map}\n`).join("") });

type Status = {
  deployed?: { uid?: string }[];
  dropped?: object[];
  state?: string;
  conditions?: { type: string; status: string }[];
};

const statusOf = async (session: Session): Promise<Status> =>
  (await session.get<{ status?: Status }>("k8sresource", "web"))?.status ?? {};

const isReady = async (session: Session): Promise<boolean> =>
  (await statusOf(session)).conditions?.some(({ type, status }) => type === "Ready" && status === "True") ??
  false;

test.for([0, 1, 2, 3])(
  "killed before the answer to apply %i of 4, the next server finishes, and applies nothing twice",
  async (index, { session, cluster, kubeconfig }) => {
    // The object is applied, and nobody is there any more to hear of it.
    let reached = false;
    let release: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => (release = resolve));
    cluster.front.delayAnswer = ({ method, path }) => {
      if (method !== "PATCH" || !path.includes(`/configmaps/${NAMES[index]}`) || reached) return undefined;
      reached = true;
      return stuck;
    };
    await session.apply(ours("K8sResource", "web", spec(kubeconfig)));
    await expect.poll(() => reached, WAIT).toBe(true);
    await expect.poll(() => cluster.client.get(ConfigMap, NAMES[index]!), WAIT).toBeDefined();
    await session.crash();
    release();
    await session.serve();
    await expect.poll(() => isReady(session), WAIT).toBe(true);
    for (const name of NAMES)
      expect(cluster.front.count("PATCH", new RegExp(`/configmaps/${name}\\?`))).toBe(1);
    expect((await statusOf(session)).deployed?.every(({ uid }) => uid)).toBe(true);
    await session.run("delete", "k8sresource", "web");
    for (const name of NAMES) expect(await cluster.client.get(ConfigMap, name)).toBeUndefined();
  },
);

/** Kills the server before it hears that `name` is deleted, or before that is even asked for. */
async function crashAtDelete(
  { session, cluster }: Pick<Fixtures, "session" | "cluster">,
  { name, isAnswered }: { name: string; isAnswered: boolean },
): Promise<void> {
  let reached = false;
  let release: () => void = () => undefined;
  const stuck = new Promise<void>((resolve) => (release = resolve));
  cluster.front.delayAnswer = ({ method, path }) => {
    if (method !== (isAnswered ? "DELETE" : "GET") || !path.endsWith(`/configmaps/${name}`)) return undefined;
    reached = true;
    return stuck;
  };
  await expect.poll(() => reached, WAIT).toBe(true);
  await session.crash();
  cluster.front.delayAnswer = undefined;
  release();
}

const uidOf = async (cluster: TestCluster, name: string): Promise<string | undefined> =>
  (await cluster.client.get(ConfigMap, name))?.metadata.uid;

const makeAnew = async (cluster: TestCluster, name: string): Promise<string | undefined> => {
  await cluster.client.delete(ConfigMap, name);
  await cluster.client.createObject(ConfigMap, { metadata: { name, namespace: "default" } });
  return uidOf(cluster, name);
};

test.for(["a", "d"])(
  "killed before the answer to the deletion of %s, the next server deletes the rest, and nothing that was made again since",
  async (name, { session, cluster, kubeconfig }) => {
    await session.apply(ours("K8sResource", "web", spec(kubeconfig)));
    await expect.poll(() => isReady(session), WAIT).toBe(true);
    const crashed = crashAtDelete({ session, cluster }, { name, isAnswered: true });
    await session.run("delete", "k8sresource", "web", "--wait=false");
    await crashed;
    await expect.poll(() => uidOf(cluster, name), WAIT).toBeUndefined();
    const uid = await makeAnew(cluster, name);
    await session.serve();
    await expect.poll(() => session.get("k8sresource", "web"), WAIT).toBeUndefined();
    expect(await uidOf(cluster, name)).toBe(uid);
    for (const other of NAMES.filter((each) => each !== name))
      expect(await uidOf(cluster, other)).toBeUndefined();
  },
);

test.for([true, false])(
  "killed in a prune (the deletion was asked for: %s), the next server finishes it, and deletes nothing that was made again since",
  async (isAnswered, { session, cluster, kubeconfig }) => {
    await session.apply(ours("K8sResource", "web", spec(kubeconfig)));
    await expect.poll(() => isReady(session), WAIT).toBe(true);
    const crashed = crashAtDelete({ session, cluster }, { name: "b", isAnswered });
    await session.apply(ours("K8sResource", "web", { kubeconfig, yaml: maps[0]! }));
    await crashed;
    const uid = await makeAnew(cluster, "b");
    await session.serve();
    await expect.poll(() => uidOf(cluster, "c"), WAIT).toBeUndefined();
    await expect.poll(() => uidOf(cluster, "d"), WAIT).toBeUndefined();
    await expect.poll(async () => (await statusOf(session)).dropped, WAIT).toBeUndefined();
    await expect.poll(async () => (await statusOf(session)).deployed?.length, WAIT).toBe(1);
    await expect.poll(() => isReady(session), WAIT).toBe(true);
    expect(await uidOf(cluster, "b")).toBe(uid);
    expect(await uidOf(cluster, "a")).toBeDefined();
    expect(cluster.front.count("PATCH", /configmaps\/a\?/)).toBe(2);
  },
);

test("killed while an apply command runs, it is shown as running no more, and what it applied is found", async ({
  session,
  cluster,
  kubeconfig,
}) => {
  await cluster.client.createObject(ConfigMap, { metadata: { name: "a", namespace: "default" } });
  const script = "echo run >> runs.txt; test -f go || sleep 1000; echo '" + maps[0] + "'";
  const applyCommand = { argv: ["sh", "-c", script] };
  await session.apply(ours("K8sResource", "web", { kubeconfig, applyCommand }));
  const runs = () => readFile(join(session.root, "runs.txt"), "utf8").catch(() => "");
  await expect.poll(runs, WAIT).toBe("run\n");
  await session.crash();
  await writeFile(join(session.root, "go"), "");
  await session.serve();
  await expect.poll(() => isReady(session), WAIT).toBe(true);
  expect(await runs()).toBe("run\nrun\n");
});

test("what knows kubeconfigs is loaded with the first cluster, and by nothing else", async () => {
  const dist = dirname(BINARY);
  const files = (await readdir(dist)).filter((name) => name.endsWith(".js"));
  const texts = await Promise.all(files.map((name) => readFile(join(dist, name), "utf8")));
  const having = (pattern: RegExp) => texts.filter((text) => pattern.test(text)).length;
  expect(having(/from\s*"@kubernetes\/client-node"/)).toBe(0);
  expect(having(/import\("@kubernetes\/client-node"\)/)).toBe(1);
});
