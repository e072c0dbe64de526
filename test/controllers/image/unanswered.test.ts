import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test as base } from "vitest";
import { readContext } from "../../../controllers/image/docker/context.ts";
import { TreeDigest } from "../../../controllers/image/docker/tree.ts";
import { credentialsFor } from "../../../controllers/image/engine/credentials.ts";

const test = base.extend<{ directory: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  directory: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), "tiltish-helper-"));
    await use(directory);
    // Unlike what Node.js has, it removes what is too deep for a path.
    execFileSync("rm", ["-rf", directory]);
  },
});

/** It ends, and somebody else holds its output open. */
async function leavingHelper(directory: string): Promise<NodeJS.ProcessEnv> {
  const helper = join(directory, "docker-credential-mine");
  await writeFile(helper, `#!/bin/sh\nsleep 600 &\necho $! > ${directory}/pid\nexit 0\n`);
  await chmod(helper, 0o755);
  await writeFile(join(directory, "config.json"), JSON.stringify({ credsStore: "mine" }));
  return { DOCKER_CONFIG: directory, PATH: `${directory}:${process.env["PATH"]}` };
}

const isSleeping = (directory: string): boolean =>
  execFileSync("sh", ["-c", `ps -o stat= -p $(cat ${directory}/pid) | grep -v Z || true`]).length > 0;

describe("a credential helper that leaves someone behind", () => {
  test("is not waited for longer than the limit", async ({ directory }) => {
    const env = await leavingHelper(directory);
    await expect(credentialsFor("localhost:5000", env, { limitMs: 1_000 })).rejects.toMatchObject({
      reason: "CredentialHelperFailed",
      message: expect.stringContaining("no answer within 1 s"),
    });
    await expect.poll(() => isSleeping(directory)).toBe(false);
  });

  test("is not waited for once nobody wants the answer", async ({ directory }) => {
    const env = await leavingHelper(directory);
    const abort = new AbortController();
    const asked = credentialsFor("localhost:5000", env, { signal: abort.signal });
    abort.abort(new Error("canceled"));
    await expect(asked).rejects.toThrow("canceled");
  });
});

test("a file of a context that cannot be looked at is told, not left out", async ({ directory }) => {
  const [long, last] = ["d".repeat(250), "e".repeat(150)];
  const steps = `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do mkdir ${long}; cd ${long}; done`;
  const script = `cd ${directory}; ${steps}; mkdir ${last}; cd ${last}; touch ${long}`;
  execFileSync("sh", ["-c", script]);
  const spec = { context: directory, dockerfileContents: "FROM scratch\n" };
  const digests = new TreeDigest();
  const { signal } = new AbortController();
  const reading = readContext(spec as never, { root: directory, images: [], digests, signal });
  await expect(reading).rejects.toMatchObject({
    reason: "ContextUnreadable",
    message: expect.stringContaining("ENAMETOOLONG"),
  });
});
