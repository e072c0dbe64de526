import { describe, expect } from "vitest";
import { file, kubectlVersion, succeeds } from "../helpers/kubectl.ts";
import { type Session, test } from "../helpers/tiltish.ts";
import { definition, SUBJECTS, type Subject } from "./subjects.ts";

const version = kubectlVersion();

/** Applies the definition of Widgets, if the subject needs it, and right afterwards the subject. */
async function apply(session: Session, subject: Subject, ...more: object[]): Promise<string> {
  if (subject.definition) {
    succeeds(await session.kubectl("apply", "-f", await file(session, "crd.yaml", definition)));
  }
  return succeeds(
    await session.kubectl("apply", "-f", await file(session, "x.yaml", subject.object, ...more)),
  );
}

const named = (subject: Subject, name: string, metadata: object = {}) => ({
  ...subject.object,
  metadata: { name, ...metadata },
});

describe.skipIf(!version)(`kubectl (${version}) does with every kind what it does on a cluster`, () => {
  test.for(SUBJECTS)("apply, diff and replace: %s", async (subject, { session }) => {
    expect(await apply(session, subject)).toContain(`${subject.resource}/sample created`);
    expect(await apply(session, subject)).toContain("unchanged");
    const changed = await file(session, "changed.yaml", subject.changed);
    const diff = await session.kubectl("diff", "-f", changed);
    expect(diff.exitCode).toBe(1);
    expect(diff.stdout).toMatch(subject.difference);
    expect(await subject.read(session)).toBe(subject.before);
    expect(succeeds(await session.kubectl("apply", "-f", changed))).toContain("configured");
    expect(await subject.read(session)).toBe(subject.after);
    expect((await session.kubectl("diff", "-f", changed)).exitCode).toBe(0);
    const first = await file(session, "first.yaml", subject.object);
    expect(succeeds(await session.kubectl("replace", "-f", first))).toContain("replaced");
    expect(await subject.read(session)).toBe(subject.before);
    expect(succeeds(await session.kubectl("replace", "--force", "-f", changed))).toContain("replaced");
    expect(await subject.read(session)).toBe(subject.after);
  });

  test.for(SUBJECTS)(
    "apply --server-side, its conflicts, and the way from client-side apply: %s",
    async (subject, { session }) => {
      await apply(session, subject);
      const changed = await file(session, "changed.yaml", subject.changed);
      const ssa = (...args: string[]) => session.kubectl("apply", "--server-side", "-f", changed, ...args);
      expect(succeeds(await ssa())).toContain("serverside-applied");
      // The second one keeps the annotation up to date for whoever goes on with client-side apply.
      expect(await managers(session, subject)).toEqual(["kubectl/Apply", "kubectl-last-applied/Apply"]);
      expect((await session.kubectl("diff", "--server-side", "-f", changed)).exitCode).toBe(0);
      const other = await ssa("--field-manager=other");
      expect(succeeds(other)).toContain("serverside-applied");

      const first = await file(session, "first.yaml", subject.object);
      const refused = await session.kubectl("apply", "--server-side", "--field-manager=third", "-f", first);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toMatch(
        /Apply failed with 2 conflicts:[^]*conflicts with "kubectl"[^]*conflicts with "other"/,
      );
      expect(refused.stderr).toContain(subject.field);
      expect(await subject.read(session)).toBe(subject.after);
      const forced = ["--field-manager=third", "--force-conflicts"];
      succeeds(await session.kubectl("apply", "--server-side", "-f", first, ...forced));
      expect(await subject.read(session)).toBe(subject.before);
    },
  );

  test.for(SUBJECTS)("the three patches, label, annotate and edit: %s", async (subject, { session }) => {
    await apply(session, subject);
    const patch = (type: string, body: object) =>
      session.kubectl("patch", subject.name, `--type=${type}`, "-p", JSON.stringify(body));
    succeeds(await patch("merge", subject.patch));
    expect(await subject.read(session)).toBe(subject.after);
    succeeds(await patch("json", [{ op: "replace", path: subject.pointer, value: subject.before }]));
    expect(await subject.read(session)).toBe(subject.before);
    const strategic = await patch("strategic", subject.patch);
    if (subject.builtIn) {
      succeeds(strategic);
      expect(await subject.read(session)).toBe(subject.after);
    } else {
      expect(strategic.stderr).toMatch(/strategic-merge-patch\+json is not supported|accepted media types/);
    }
    succeeds(await session.kubectl("label", subject.name, "tier=one"));
    const again = await session.kubectl("label", subject.name, "tier=two");
    expect(again.stderr).toContain("already has a value (one), and --overwrite is false");
    succeeds(await session.kubectl("label", subject.name, "tier=two", "--overwrite"));
    succeeds(await session.kubectl("annotate", subject.name, "note=x"));
    expect(
      succeeds(await session.kubectl("get", subject.resource, "-l", "tier=two", "-o", "name")),
    ).toContain("sample");
    succeeds(
      await session.kubectlWith({ KUBE_EDITOR: "sed -i s/tier:.two/tier:\\ three/" }, "edit", subject.name),
    );
    const label = await session.kubectl("get", subject.name, "-o", "jsonpath={.metadata.labels.tier}");
    expect(label.stdout).toBe("three");
  });

  test.for(SUBJECTS)("wait, get --sort-by, --chunk-size and --raw: %s", async (subject, { session }) => {
    await apply(session, subject, ...["a", "b", "c"].map((name) => named(subject, name)));
    const label = ["label", subject.name, "tier=one"];
    const [waited] = await Promise.all([
      session.kubectl("wait", subject.name, "--for=jsonpath={.metadata.labels.tier}=one", "--timeout=20s"),
      session.kubectl(...label),
    ]);
    expect(succeeds(waited)).toContain("condition met");
    const get = async (...args: string[]) => {
      const names = await session.kubectl("get", subject.resource, "-o", "name", ...args);
      return succeeds(names)
        .split("\n")
        .map((line) => line.replace(/^.*\//, ""))
        .filter(isOurs);
    };
    expect(await get("--sort-by=.metadata.name")).toEqual(["a", "b", "c", "sample"]);
    const created = await get("--sort-by={.metadata.uid}");
    expect(created.toSorted()).toEqual(["a", "b", "c", "sample"]);
    expect(await get("--chunk-size=1")).toEqual(["a", "b", "c", "sample"]);
    const table = succeeds(await session.kubectl("get", subject.resource, "--show-labels", "--chunk-size=2"));
    expect(table).toMatch(/sample .*tier=one/);
    const raw = succeeds(await session.kubectl("get", "--raw", `${subject.path}/sample`));
    expect(JSON.parse(raw)).toMatchObject({ metadata: { name: "sample", labels: { tier: "one" } } });
    const gone = session.kubectl("wait", subject.name, "--for=delete", "--timeout=20s");
    succeeds(await session.kubectl("delete", subject.name));
    succeeds(await gone);
  });

  test.for(SUBJECTS)("explain --recursive, api-resources, auth: %s", async (subject, { session }) => {
    await apply(session, subject);
    const explained = succeeds(await session.kubectl("explain", subject.kind, "--recursive"));
    expect(explained).toMatch(subject.explained);
    expect(explained).toMatch(/metadata\s+<ObjectMeta>/);
    const field = await session.kubectl("explain", `${subject.kind}.metadata.labels`);
    expect(succeeds(field)).toContain("<map[string]string>");
    const resources = succeeds(await session.kubectl("api-resources", "-o", "wide"));
    expect(resources).toMatch(subject.listed);
    expect(succeeds(await session.kubectl("auth", "can-i", "delete", subject.resource)).trim()).toBe("yes");
    expect(succeeds(await session.kubectl("auth", "can-i", "--list"))).toMatch(
      /\*\.\*\s+\[\]\s+\[\]\s+\[\*\]/,
    );
    expect(succeeds(await session.kubectl("auth", "whoami"))).toMatch(/Username\s+tiltish/);
  });

  test.for(SUBJECTS)("delete --cascade, in its three ways: %s", async (subject, { session }) => {
    await apply(session, subject);
    for (const cascade of ["background", "foreground", "orphan"]) {
      await apply(session, subject);
      const uid = await session.kubectl("get", subject.name, "-o", "jsonpath={.metadata.uid}");
      const owner = { ...subject.owner, name: "sample", uid: uid.stdout, blockOwnerDeletion: true };
      const child = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `child-${cascade}`, ownerReferences: [owner] },
      };
      succeeds(await session.kubectl("apply", "-f", await file(session, "child.yaml", child)));
      const deleted = session.kubectl("delete", subject.name, `--cascade=${cascade}`, "--timeout=20s");
      expect(succeeds(await deleted)).toContain("deleted");
      const left = () =>
        session.kubectl(
          "get",
          "configmap",
          child.metadata.name,
          "-o",
          "jsonpath={.metadata.ownerReferences}",
        );
      if (cascade === "background") {
        await expect.poll(async () => (await left()).stderr).toContain("NotFound");
      } else if (cascade === "foreground") {
        expect((await left()).stderr).toContain("NotFound");
      } else {
        expect(await left()).toMatchObject({ exitCode: 0, stdout: "" });
      }
    }
  });

  test.for(SUBJECTS)("events --for: %s", async (subject, { session }) => {
    await apply(session, subject);
    const uid = await session.kubectl("get", subject.name, "-o", "jsonpath={.metadata.uid}");
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "sample.1", namespace: "default" },
      involvedObject: { ...subject.owner, name: "sample", namespace: "default", uid: uid.stdout },
      reason: "Tested",
      message: "seen by kubectl",
      type: "Warning",
      lastTimestamp: new Date().toISOString().replace(/\.\d+Z/, "Z"),
    };
    succeeds(await session.kubectl("apply", "-f", await file(session, "event.yaml", event)));
    const events = ["events", "--for", subject.name, "--types=Warning"];
    expect(succeeds(await session.kubectl(...events))).toMatch(/Warning\s+Tested\s+.*seen by kubectl/);
    expect(succeeds(await session.kubectl("describe", subject.name))).toMatch(/Events:[^]*Tested/);
  });
});

const isOurs = (name: string): boolean => ["a", "b", "c", "sample"].includes(name);

/** `manager/operation` of whoever owns a field of the subject itself. */
async function managers(session: Session, subject: Subject): Promise<string[]> {
  const { stdout } = await session.kubectl("get", subject.name, "-o", "json", "--show-managed-fields");
  const { managedFields } = (JSON.parse(stdout) as { metadata: { managedFields: ManagedFields[] } }).metadata;
  return managedFields
    .filter(({ subresource }) => !subresource)
    .map(({ manager, operation }) => `${manager}/${operation}`)
    .filter((name) => name.startsWith("kubectl"));
}

interface ManagedFields {
  manager: string;
  operation: string;
  subresource?: string;
}
