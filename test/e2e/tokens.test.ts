import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { describe, expect } from "vitest";
import { type Outcome, ours, type Session, test, writeFiles } from "../helpers/tiltish.ts";

const hasKubectl = ((): boolean => {
  try {
    execFileSync("kubectl", ["version", "--client"]);
    return true;
  } catch {
    console.error("!! kubectl is not on PATH: the tests that drive the real kubectl are skipped");
    return false;
  }
})();

/** A kubeconfig of a token that may only read. */
async function kubeconfigOf(session: Session, name: string, ...options: string[]): Promise<string> {
  const made = await session.run("token", "create", name, "--read-only", "-o", "kubeconfig", ...options);
  expect(made).toMatchObject({ exitCode: 0 });
  await writeFiles(session, { [`${name}.kubeconfig`]: made.stdout });
  return path.join(session.root, `${name}.kubeconfig`);
}

const lines = ({ stdout }: Outcome): string[] =>
  stdout.split("\n").map((line) => line.replace(/ +/g, " ").trim());

describe.skipIf(!hasKubectl)("kubectl with a token that may only read", () => {
  test("sees everything but Secrets, changes nothing, and can tell so", async ({ session }) => {
    await session.apply(ours("LocalProcess", "web", { argv: ["sleep", "600"] }));
    const kubeconfig = await kubeconfigOf(session, "ci");
    // A second --kubeconfig wins.
    const kubectl = (...args: string[]) => session.kubectl("--kubeconfig", kubeconfig, ...args);

    expect((await kubectl("get", "lp", "-A", "-o", "name")).stdout).toBe("localprocess.tiltish.dev/web");
    expect(await kubectl("explain", "lp.spec.argv")).toMatchObject({ exitCode: 0 });
    expect(await kubectl("get", "secrets")).toMatchObject({
      exitCode: 1,
      stderr:
        'Error from server (Forbidden): secrets is forbidden: User "tiltish:token:ci" cannot list resource "secrets" in API group "" in the namespace "default"',
    });
    expect(await kubectl("delete", "lp", "web")).toMatchObject({
      exitCode: 1,
      stderr:
        'Error from server (Forbidden): localprocesses.tiltish.dev "web" is forbidden: User "tiltish:token:ci" cannot delete resource "localprocesses" in API group "tiltish.dev" in the namespace "default"',
    });
    expect(await kubectl("get", "lp", "--as", "tiltish")).toMatchObject({ exitCode: 1 });

    expect(await kubectl("auth", "can-i", "get", "lp")).toMatchObject({ stdout: "yes", exitCode: 0 });
    expect(await kubectl("auth", "can-i", "delete", "lp")).toMatchObject({ stdout: "no", exitCode: 1 });
    expect(lines(await kubectl("auth", "whoami"))).toEqual(
      expect.arrayContaining(["Username tiltish:token:ci", "Groups [system:authenticated]"]),
    );
    expect(lines(await kubectl("auth", "can-i", "--list"))).toEqual(
      expect.arrayContaining(["configmaps [] [] [get list watch]", "*.tiltish.dev [] [] [get list watch]"]),
    );
  });

  test("that is for one namespace sees that one", async ({ session }) => {
    const kubeconfig = await kubeconfigOf(session, "here", "-n", "default");
    const kubectl = (...args: string[]) => session.kubectl("--kubeconfig", kubeconfig, ...args);
    expect(await kubectl("get", "lp")).toMatchObject({ exitCode: 0 });
    expect(await kubectl("get", "ns", "default", "-o", "name")).toMatchObject({
      stdout: "namespace/default",
    });
    expect(await kubectl("get", "lp", "-A")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("at the cluster scope") as string,
    });
    expect(await kubectl("auth", "can-i", "get", "lp", "-n", "other")).toMatchObject({ stdout: "no" });
  });

  test("is cut off when the token is deleted, also in the middle of a watch", async ({ session }) => {
    await session.apply(ours("LocalProcess", "web", { argv: ["sleep", "600"] }));
    const kubeconfig = await kubeconfigOf(session, "ci");
    const args = ["--kubeconfig", kubeconfig, "get", "lp", "-w", "-o", "name"];
    const watch = spawn("kubectl", args, { stdio: ["ignore", "pipe", "ignore"] });
    await once(watch.stdout, "data");
    expect(await session.run("token", "delete", "ci")).toMatchObject({ exitCode: 0 });
    await once(watch, "exit");
    expect(await session.kubectl("--kubeconfig", kubeconfig, "get", "lp")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("You must be logged in to the server") as string,
    });
  });
});

test.skipIf(!hasKubectl)(
  "kubectl with the full token may do everything, and says so",
  async ({ session }) => {
    expect(await session.kubectl("auth", "can-i", "*", "*")).toMatchObject({ stdout: "yes", exitCode: 0 });
    expect(lines(await session.kubectl("auth", "whoami"))).toEqual([
      "ATTRIBUTE VALUE",
      "Username tiltish",
      "Groups [system:masters system:authenticated]",
    ]);
    expect(lines(await session.kubectl("auth", "can-i", "--list"))).toEqual(
      expect.arrayContaining(["*.* [] [] [*]", "[*] [] [*]"]),
    );
  },
);
