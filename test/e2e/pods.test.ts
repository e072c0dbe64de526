import { execFileSync } from "node:child_process";
import { describe, expect } from "vitest";
import { type Outcome, ours, type Session, test, toManifest, writeFiles } from "../helpers/tiltish.ts";

function hasKubectl(): boolean {
  try {
    execFileSync("kubectl", ["version", "--client"]);
    return true;
  } catch {
    console.error("!! kubectl is not on PATH: the tests that drive the real kubectl are skipped");
    return false;
  }
}

const shopProcess = (
  name: string,
  script: string,
  spec: object = {},
  metadata: object = { labels: { app: "shop" } },
) => ours("LocalProcess", name, { argv: ["sh", "-c", script], ...spec }, metadata);

const FOREVER = "echo listening; sleep 600";
const BACKOFF = { initial: "1h", max: "1h" };

const succeeds = ({ exitCode, stdout, stderr }: Outcome): string => {
  expect.soft({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return stdout;
};

/** What kubectl prints, on condition that it is content. */
const kubectl = async (session: Session, ...args: string[]) => succeeds(await session.kubectl(...args));

const complaint = async (session: Session, ...args: string[]) => {
  const { exitCode, stderr } = await session.kubectl(...args);
  expect.soft(exitCode).toBe(1);
  return stderr;
};

/** The row of a Pod without its age. */
const rowOf = async (session: Session, name: string) =>
  (await session.kubectl("get", "pod", name, "--no-headers")).stdout.replace(/\s+\S+$/, "").split(/\s{2,}/);

const comesTo = (session: Session, name: string, ...row: string[]) =>
  expect.poll(() => rowOf(session, name), { timeout: 20_000 }).toEqual([name, ...row]);

describe.skipIf(!hasKubectl())("the real kubectl sees processes as Pods", () => {
  test("lists them in the words of a cluster", async ({ session }) => {
    await session.apply(
      shopProcess("web", FOREVER),
      shopProcess("once", "true"),
      shopProcess("broken", "exit 3"),
      shopProcess("crashing", "exit 3", { daemon: true, backoff: BACKOFF }),
      shopProcess("waiting", "true", { dependsOn: [{ kind: "LocalProcess", name: "nobody" }] }),
      shopProcess("off", "true", { disabled: true }, {}),
    );
    await comesTo(session, "web", "1/1", "Running", "0");
    await comesTo(session, "once", "0/1", "Completed", "0");
    await comesTo(session, "broken", "0/1", "Error", "0");
    await comesTo(session, "crashing", "0/1", "CrashLoopBackOff", "0");
    await comesTo(session, "waiting", "0/1", "Waiting", "0");
    expect(await kubectl(session, "get", "pods", "-o", "wide")).toMatch(
      /NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES[^]*web\s+1\/1\s+Running\s+0\s+\S+\s+127\.0\.0\.1\s+\S+\s+<none>\s+<none>/,
    );
    expect(await kubectl(session, "get", "pods", "-l", "app=shop", "-o", "name")).not.toContain("pod/off");
    expect(await kubectl(session, "get", "po", "-A", "--field-selector", "status.phase=Running")).toMatch(
      /default\s+crashing\s[^]*default\s+web\s/,
    );
    const all = await kubectl(session, "get", "all");
    expect(all).toContain("pod/web");
    expect(all).toContain("localprocess.tiltish.dev/web");
    expect((await session.kubectl("get", "pods", "-w", "--request-timeout=1s")).stdout).toMatch(/web\s+1\/1/);
    expect(await kubectl(session, "wait", "pod/web", "--for=condition=Ready", "--timeout=20s")).toContain(
      "condition met",
    );
    expect(await kubectl(session, "get", "pod", "crashing", "-o", "yaml")).toContain(
      "reason: CrashLoopBackOff",
    );
    expect(await kubectl(session, "explain", "pod.status.containerStatuses.restartCount")).toContain(
      "Runs before",
    );
    expect((await session.kubectl("get", "services")).stderr).toContain("No resources found");
    const node = await kubectl(session, "get", "pod", "web", "-o", "jsonpath={.spec.nodeName}");
    expect(await kubectl(session, "get", "nodes")).toMatch(new RegExp(`^${node}\\s+Ready\\s+<none>`, "m"));
  });

  test("counts restarts, and reads the log of this run and of the one before", async ({ session }) => {
    await session.apply(shopProcess("web", "echo first; exit 3"));
    await comesTo(session, "web", "0/1", "Error", "0");
    expect(await complaint(session, "logs", "web", "--previous")).toContain(
      'previous terminated container "process" in pod "web" not found',
    );
    await session.apply(shopProcess("web", "seq 1 50; sleep 600"));
    await expect
      .poll(() => rowOf(session, "web"))
      .toMatchObject(["web", "1/1", "Running", /^1 \(\d+s ago\)$/]);
    await expect.poll(() => kubectl(session, "logs", "web", "--tail=1")).toBe("50");
    expect((await kubectl(session, "logs", "web")).split("\n")).toHaveLength(50);
    expect(await kubectl(session, "logs", "web", "--previous")).toContain("first");
    expect(await kubectl(session, "logs", "web", "--limit-bytes=3")).toBe("1\n2");
    expect(await kubectl(session, "logs", "web", "--timestamps", "--tail=1")).toMatch(/^\d{4}-\S+Z 50$/);
    expect((await kubectl(session, "logs", "web", "--since=1h")).split("\n")).toHaveLength(50);
    expect(await kubectl(session, "logs", "web", "-c", "process", "--tail=1")).toBe("50");
    expect(await kubectl(session, "describe", "pod", "web")).toMatch(
      /Last State:\s+Terminated[^]*Exit Code:\s+3[^]*Restart Count:\s+1[^]*Events:[^]*run 2, pid/,
    );
    expect(await complaint(session, "logs", "web", "-c", "app")).toContain(
      "container app is not valid for pod web",
    );
  });

  test("follows the logs of all that a label selects, each until its run ends", async ({ session }) => {
    await session.apply(
      shopProcess("web", "echo one; sleep 1; echo two"),
      shopProcess("db", "echo up; sleep 1"),
    );
    await expect.poll(async () => (await rowOf(session, "web"))[2]).toMatch(/Running|Completed/);
    await expect.poll(async () => (await rowOf(session, "db"))[2]).toMatch(/Running|Completed/);
    const followed = await kubectl(session, "logs", "-f", "-l", "app=shop", "--prefix", "--all-containers");
    expect(followed.split("\n").toSorted()).toEqual([
      "[pod/db/process] up",
      "[pod/web/process] one",
      "[pod/web/process] two",
    ]);
  });

  test("says what there is not, at once", async ({ session }) => {
    await session.apply(
      shopProcess("web", FOREVER, { ports: [{ name: "http" }] }),
      shopProcess("waiting", "true", { dependsOn: [{ kind: "LocalProcess", name: "nobody" }] }),
    );
    await comesTo(session, "web", "1/1", "Running", "0");
    await comesTo(session, "waiting", "0/1", "Waiting", "0");
    expect(await complaint(session, "logs", "waiting")).toContain(
      'container "process" in pod "waiting" is waiting to start: waits for LocalProcess/nobody',
    );
    expect(await complaint(session, "exec", "web", "--", "ls")).toContain("run the command in a terminal");
    expect(await complaint(session, "attach", "web")).toContain("its standard input is empty");
    expect(await complaint(session, "port-forward", "pod/web", ":80")).toContain(
      "its ports are on localhost",
    );
    expect(await complaint(session, "delete", "pod", "web", "--wait=false")).toContain(
      "pods can only be read: they show localprocesses.tiltish.dev",
    );
    expect(await complaint(session, "label", "pod", "web", "a=b")).toContain("pods can only be read");
    await comesTo(session, "web", "1/1", "Running", "0");
  });

  test("sees the same events in both versions", async ({ session }) => {
    await session.apply(shopProcess("web", FOREVER));
    const list = (type: string) => kubectl(session, "get", type, "--no-headers");
    await expect.poll(() => list("events")).toMatch(/Normal\s+Started\s+localprocess\/web\s+run 1/);
    expect(await list("events.events.k8s.io")).toMatch(/Normal\s+Started\s+localprocess\/web\s+run 1/);
    expect((await session.kubectl("get", "ev")).stderr).toBe("");
    expect(await kubectl(session, "events", "--for", "lp/web")).toContain("Started");
    expect(await kubectl(session, "describe", "lp", "web")).toMatch(/Events:[^]*Started/);
    const selector = "regarding.kind=LocalProcess,reason=Started";
    const reporting = "jsonpath={.items[*].reportingController}";
    expect(
      await kubectl(session, "get", "events.events.k8s.io", "--field-selector", selector, "-o", reporting),
    ).toBe("localprocess-controller");
    const newer = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "sample" },
      regarding: { kind: "ConfigMap", name: "sample", namespace: "default" },
      reason: "Tested",
      action: "Test",
      note: "as written",
      type: "Normal",
      eventTime: "2026-01-02T03:04:05.123456Z",
      reportingController: "test",
      reportingInstance: "one",
    };
    await writeFiles(session, { "event.yaml": toManifest([newer]) });
    expect(await kubectl(session, "create", "-f", "event.yaml")).toContain(
      "event.events.k8s.io/sample created",
    );
    expect(await kubectl(session, "get", "event", "sample")).toContain("as written");
  });

  test("deletes processes, alone, in a namespace or all of them, and their Pods are gone", async ({
    session,
  }) => {
    await kubectl(session, "create", "namespace", "shop");
    await session.apply(
      shopProcess("web", FOREVER),
      shopProcess("db", FOREVER, {}, { namespace: "shop" }),
      shopProcess("api", FOREVER),
    );
    await comesTo(session, "web", "1/1", "Running", "0");
    expect(await kubectl(session, "delete", "lp", "web", "--timeout=20s")).toContain("deleted");
    expect((await session.kubectl("get", "pod", "web")).stderr).toContain('pods "web" not found');
    expect(await kubectl(session, "delete", "namespace", "shop", "--timeout=30s")).toContain("deleted");
    expect(await kubectl(session, "get", "pods", "-A", "-o", "name")).toBe("pod/api");
    const deleted = await session.run("delete", "all", "--all");
    expect(deleted).toMatchObject({ exitCode: 0, stderr: "" });
    expect(deleted.stdout).toBe('localprocess.tiltish.dev "api" deleted');
    expect((await session.kubectl("get", "pods")).stderr).toContain("No resources found");
  });
});
