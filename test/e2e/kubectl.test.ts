import { describe, expect } from "vitest";
import { file, kubectlVersion, succeeds } from "../helpers/kubectl.ts";
import { ours, test } from "../helpers/tiltish.ts";

const version = kubectlVersion();

const core = (kind: string, fields: object, apiVersion = "v1") => ({
  apiVersion,
  kind,
  metadata: { name: "sample" },
  ...fields,
});

/** An object of every kind, and a change to it. */
const SAMPLES = [
  [ours("FileWatch", "sample", { paths: ["."] }), { spec: { ignores: ["*.log"] } }],
  [ours("LocalProcess", "sample", { argv: ["sleep", "600"] }), { spec: { env: { A: "1" } } }],
  [
    ours("LocalResource", "sample", { serveTemplate: { argv: ["sleep", "600"] } }),
    { spec: { displayName: "x" } },
  ],
  [ours("DockerImage", "sample", { refs: { config: "app" }, context: "." }), { spec: { target: "x" } }],
  [
    ours("CustomImage", "sample", { refs: { config: "app" }, commandTemplate: { argv: ["true"] } }),
    { spec: { tag: "x" } },
  ],
  [ours("K8sResource", "sample", { yaml: "kind: ConfigMap" }), { spec: { context: "x" } }],
  [ours("CFAppSync", "sample", { appName: "app", localPath: "." }), { spec: { persist: "OnIdle" } }],
  [core("ConfigMap", { data: { a: "1" } }), { data: { b: "2" } }],
  // Not by stringData: the server never answers it, so kubectl sees a difference each time.
  [core("Secret", { data: { a: "MQ==" } }), { data: { b: "Mg==" } }],
  [core("Namespace", {}), { metadata: { labels: { a: "b" } } }],
  [
    core("Event", { involvedObject: { kind: "ConfigMap", name: "sample" }, reason: "Tested" }),
    { message: "x" },
  ],
  [
    core("Lease", { spec: { holderIdentity: "me" } }, "coordination.k8s.io/v1"),
    { spec: { holderIdentity: "you" } },
  ],
] as [{ kind: string }, object][];

describe.skipIf(!version)(`the real kubectl (${version}) over HTTPS with its token`, () => {
  test.for(SAMPLES)("creates, reads, changes and deletes %o", async ([object, change], { session }) => {
    const name = `${object.kind.toLowerCase()}/sample`;
    const manifest = await file(session, "one.yaml", object);
    const changed = await file(session, "two.yaml", merged(object, change));
    const patch = JSON.stringify({ metadata: { annotations: { p: "q" } } });
    const k = (...args: string[]) => session.kubectl(...args).then(succeeds);

    expect(await k("create", "-f", manifest)).toContain("created");
    expect(await k("get", name)).toMatch(/^NAME|LAST SEEN/);
    expect(await k("get", name, "-o", "wide")).toContain("sample");
    expect(await k("apply", "-f", manifest)).toMatch(/configured|unchanged/);
    expect(await k("apply", "-f", manifest)).toContain("unchanged");
    expect((await session.kubectl("diff", "-f", changed)).exitCode).toBe(1);
    expect(await k("apply", "-f", changed)).toContain("configured");
    expect((await session.kubectl("diff", "-f", changed)).exitCode).toBe(0);
    expect(await k("replace", "-f", changed)).toContain("replaced");
    expect(await k("patch", name, "--type=merge", "-p", patch)).toContain("patched");
    expect(
      await k(
        "patch",
        name,
        "--type=json",
        "-p",
        '[{"op":"add","path":"/metadata/annotations/r","value":"s"}]',
      ),
    ).toContain("patched");
    expect(await k("label", name, "tier=one")).toContain("labeled");
    expect(await k("annotate", name, "note=two")).toContain("annotated");
    expect(await k("get", object.kind.toLowerCase(), "-l", "tier=one", "-o", "name")).toContain("sample");
    expect(await k("describe", name)).toMatch(/Name:\s+sample/);
    expect(await k("explain", object.kind.toLowerCase(), "--recursive")).toContain("FIELDS");
    expect(await k("delete", name, "--timeout=20s")).toContain("deleted");
    expect((await session.kubectl("get", name)).stderr).toContain("NotFound");
  });

  test("lists kinds, categories and events, and watches", async ({ session }) => {
    await session.apply(ours("LocalProcess", "web", { argv: ["sleep", "600"] }));
    expect(succeeds(await session.kubectl("api-resources"))).toMatch(
      /localprocesses\s+lp\s+tiltish.dev\/v1alpha1/,
    );
    expect(
      succeeds(await session.kubectl("wait", "--for=condition=Ready", "lp/web", "--timeout=20s")),
    ).toContain("condition met");
    expect(succeeds(await session.kubectl("get", "all"))).toContain("localprocess.tiltish.dev/web");
    expect(succeeds(await session.kubectl("get", "tiltish"))).toContain("localprocess.tiltish.dev/web");
    expect(succeeds(await session.kubectl("get", "lp,lr,fw"))).toMatch(
      /NAME\s+STATE\s+PID\s+READY\s+EXIT\s+RESTARTS\s+AGE/,
    );
    await expect
      .poll(async () => (await session.kubectl("events", "--for", "lp/web")).stdout)
      .toContain("Started");
    expect((await session.kubectl("describe", "lp", "web")).stdout).toMatch(/Events:[^]*Started/);
    const watch = await session.kubectl("get", "lp", "-w", "--request-timeout=1s");
    expect(watch.stdout).toMatch(/web\s+Running/);
    expect(succeeds(await session.kubectl("version", "-o", "json"))).toContain("serverVersion");
    expect(succeeds(await session.kubectl("cluster-info"))).toContain("https://127.0.0.1:");
  });

  test("is told what is wrong with a manifest, field by field", async ({ session }) => {
    const unknown = await file(
      session,
      "bad.yaml",
      ours("LocalProcess", "web", { argv: ["a"], enviroment: {} }),
    );
    expect((await session.kubectl("apply", "-f", unknown)).stderr).toContain(
      'unknown field "spec.enviroment"',
    );
    const wrong = await file(session, "wrong.yaml", ours("LocalProcess", "web", { argv: "npm start" }));
    expect((await session.kubectl("apply", "-f", wrong)).stderr).toMatch(
      /The LocalProcess "web" is invalid:[^]*spec.argv/,
    );
  });

  test("is turned away with a wrong token", async ({ session }) => {
    const { stderr, exitCode } = await session.kubectl("get", "lp", "--token=wrong");
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/Unauthorized|logged in/);
  });
});

function merged(object: object, change: object): object {
  const result: Record<string, unknown> = { ...object };
  for (const [key, value] of Object.entries(change)) {
    result[key] = { ...(result[key] as object), ...(value as object) };
    if (typeof value === "string") result[key] = value;
  }
  return result;
}
