import { createServer } from "node:net";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import { SHELL } from "../../docker/engine.ts";
import { ask, context, createDocker, logOf, settled, test } from "../../docker/fixture.ts";

describe("a DockerImage", () => {
  test("takes its Dockerfile from the spec, with arguments, a target, hosts and more tags", async ({
    client,
    root,
    engine,
  }) => {
    await context(root, "api", {});
    const dockerfileContents =
      `${SHELL}ARG WHO\nRUN ["/bin/sh", "-c", "echo $WHO > /who; cat /etc/hosts > /hosts"]
FROM scratch AS other\n`.replace("FROM scratch\n", "FROM scratch AS one\n");
    await createDocker(client, "api", {
      dockerfileContents,
      args: { WHO: "alice" },
      target: "one",
      platform: "linux/amd64",
      pull: false,
      cacheFrom: ["nobody"],
      extraHosts: ["db:10.0.0.7"],
      extraTags: ["stable", "other:v1"],
    });
    const { refs } = await settled(client, "api");
    expect(await engine.run(refs!.local!, ["cat", "/who"])).toBe("alice");
    expect(await engine.run("api:stable", ["cat", "/hosts"])).toMatch(/10\.0\.0\.7\s+db/);
    expect((await engine.image("other:v1"))?.RepoTags).toContain(refs!.local);
  });

  test("leaves out what .dockerignore and spec.ignores name, and takes back what they except", async ({
    client,
    root,
    engine,
  }) => {
    await context(root, "api", {
      "sub/Dockerfile": `${SHELL}COPY . /all\n`,
      ".dockerignore": "logs\n!logs/keep\n*.tmp\n",
      "logs/drop": "1",
      "logs/keep": "1",
      "x.tmp": "1",
      "src/y.tmp": "1",
      "secret.env": "1",
    });
    await createDocker(client, "api", { dockerfile: "sub/Dockerfile", ignores: ["*.env"] });
    const { refs } = await settled(client, "api");
    const files = await engine.run(refs!.local!, ["sh", "-c", "cd /all && find . -type f | sort"]);
    expect(files.split("\n")).toEqual([
      "./.dockerignore",
      "./busybox",
      "./logs/keep",
      "./src/y.tmp",
      "./sub/Dockerfile",
    ]);
  });

  test("gives secrets to those steps that mount them, and to nothing else", async ({
    client,
    root,
    engine,
  }) => {
    const mounts = `--mount=type=secret,id=file --mount=type=secret,id=env`;
    const command = `cat /run/secrets/file /run/secrets/env | /bin/wc -c > /size`;
    await context(root, "api", {
      Dockerfile: `${SHELL.replace(/RUN.*\n/, "")}RUN ["/bin/busybox","--install","-s","/bin"]\nRUN ${mounts} ${command}\n`,
    });
    await writeFile(join(root, "token"), "s3cret-one");
    const secrets = [
      { id: "file", src: "token" },
      { id: "env", env: "TILTISH_TEST_SECRET" },
    ];
    await createDocker(client, "api", { secrets });
    const failed = await settled(client, "api", { state: "Failed" });
    expect(failed.error).toMatch(/secret env: .*TILTISH_TEST_SECRET; set it/);
    process.env["TILTISH_TEST_SECRET"] = "s3cret-two!";
    const status = await settled(client, "api");
    expect(await engine.run(status.refs!.local!, ["cat", "/size"])).toBe("21");
    expect(JSON.stringify(status) + (await logOf(client, "api"))).not.toMatch(/s3cret/);
  });

  test("lets a step that mounts it have an ssh agent, and says which one is not there", async ({
    client,
    root,
  }) => {
    const path = join(root, "agent.sock");
    await context(root, "api", {
      Dockerfile: `${SHELL}RUN --mount=type=ssh,id=mine [ -S $SSH_AUTH_SOCK ] && echo there is an agent\n`,
    });
    await createDocker(client, "api", { ssh: ["mine=agent.sock"] });
    const failed = await settled(client, "api", { state: "Failed" });
    expect(failed.error).toMatch(/ssh agent mine: .*agent.sock is no socket; start ssh-agent/);
    const agent = createServer();
    await new Promise<void>((resolve) => agent.listen(path, resolve));
    await settled(client, "api");
    expect(await logOf(client, "api")).toMatch(/there is an agent/);
    agent.close();
  });

  test("is built by the classic builder where BuildKit is not wanted", async ({ client, root, engine }) => {
    process.env["DOCKER_BUILDKIT"] = "0";
    await context(root, "api", { Dockerfile: `${SHELL}RUN ["/bin/sh", "-c", "echo classic"]\n` });
    await createDocker(client, "api");
    const { stages = [], refs } = await settled(client, "api");
    expect(stages.map(({ name }) => name)).toEqual([
      "FROM scratch",
      "COPY busybox /bin/busybox",
      expect.stringMatching(/^RUN .*--install/),
      expect.stringMatching(/^RUN .*echo classic/),
    ]);
    expect(stages.slice(1).every(({ startTime, finishTime }) => startTime && finishTime)).toBe(true);
    expect(await engine.image(refs!.local!)).toBeDefined();
    expect(await logOf(client, "api")).toMatch(/^classic$/m);
    await createDocker(client, "two", { context: "api", secrets: [{ id: "x", env: "HOME" }] });
    expect((await settled(client, "two", { state: "Failed" })).error).toMatch(/need BuildKit/);
    delete process.env["DOCKER_BUILDKIT"];
    await ask(client, "two", "Trigger");
    await settled(client, "two");
  });
});
