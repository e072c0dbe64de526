import type { Duplex } from "node:stream";
import ssh2 from "ssh2";
import { describe, expect } from "vitest";
import { agentScript, SUPERVISOR_SOCKET } from "../../../../controllers/cfapp/remote/index.ts";
import { treeHashOf } from "../../../../controllers/sync/index.ts";
import { AgentSession } from "../../../../controllers/cfapp/transports/agent/session.ts";
import type { Rig } from "../../../sandbox/fixture.ts";
import { push, requestFor, test } from "./fixture.ts";

const FILES = {
  Procfile: `web: echo "it's $((1 + 1))"; trap '' HUP; while true; do sleep 0.1; done\n`,
  "hello.txt": "hello\n",
};

const commandOf = async (rig: Rig) =>
  (await rig.cc.get<{ command: string }>(`/v3/apps/${rig.app.guid}/processes/web`)).command;

const outputOf = (rig: Rig) => rig.app.instances[0]!.output;

describe("an app that is deployed under the supervisor", () => {
  test("runs the command that it had, word by word, and outlives it", async ({ rig }) => {
    await push(rig, FILES, { wrapCommand: true });
    await expect.poll(() => outputOf(rig)).toBe("it's 2\n");
    const { guid, pid } = rig.app.instances[0]!;
    const child = rig.app.instances[0]!.processes().find((other) => other !== pid)!;
    process.kill(child, "SIGKILL");
    await expect.poll(() => outputOf(rig)).toBe("it's 2\nit's 2\n");
    expect(rig.app.instances[0]).toMatchObject({ guid, pid, state: "RUNNING" });
  });

  test("is wrapped once, however often it is deployed, and follows what its buildpack finds", async ({
    rig,
  }) => {
    await push(rig, FILES, { wrapCommand: true });
    const first = await commandOf(rig);
    await push(rig, FILES, { wrapCommand: true });
    expect(await commandOf(rig)).toBe(first);
    await push(rig, { Procfile: "web: echo other; exec sleep 1000\n" }, { wrapCommand: true });
    await expect.poll(() => outputOf(rig)).toBe("other\n");
    await push(rig, FILES, { wrapCommand: false });
    expect(await commandOf(rig)).toBe(FILES.Procfile.slice("web: ".length).trim());
  });

  test("keeps a command that somebody has given it", async ({ rig }) => {
    await rig.push("echo given; exec sleep 1000");
    await push(rig, FILES, { wrapCommand: true });
    await expect.poll(() => outputOf(rig)).toBe("given\n");
    await push(rig, FILES, { wrapCommand: true });
    await expect.poll(() => outputOf(rig)).toBe("given\n");
    await push(rig, FILES);
    expect(await commandOf(rig)).toBe("echo given; exec sleep 1000");
  });

  test("tells an agent what it has, without anybody listing it, and again in every new container", async ({
    rig,
  }) => {
    const request = await requestFor(rig, FILES);
    await push(rig, FILES, { wrapCommand: true });
    for (const _round of [1, 2]) {
      const instance = rig.app.instances[0]!;
      const session = await agentIn(rig);
      expect(session.greeting).toMatchObject({
        instanceGuid: instance.guid,
        committedIn: instance.guid,
        treeHash: treeHashOf(request.tree),
        revision: `0-${treeHashOf(request.tree).slice(0, 16)}`,
      });
      const { tree, tracked } = await session.list();
      expect([...tracked].toSorted()).toEqual(["Procfile", "hello.txt"]);
      expect([...tree.keys()].toSorted()).toEqual([
        ".profile.d",
        ".profile.d/000_buildpack.sh",
        "Procfile",
        "hello.txt",
      ]);
      session.close();
      await instance.replace();
    }
  });
});

test("files that a buildpack has moved or changed have to be listed: nothing is said of them", async ({
  rig,
}) => {
  for (const change of ["mv hello.txt public", "echo more >> hello.txt"]) {
    await push(rig, { ...FILES, ".profile": `${change}\n` }, { wrapCommand: true });
    await expect.poll(() => outputOf(rig)).toBe("it's 2\n");
    const session = await agentIn(rig);
    expect(session.greeting).toMatchObject({ revision: "", treeHash: "" });
    session.close();
  }
});

/** An agent, run by ssh where the app is. */
async function agentIn({ cf, app }: Rig) {
  const client = new ssh2.Client();
  await new Promise((resolve, reject) => {
    client.on("ready", () => resolve(undefined)).on("error", reject);
    client.connect({
      ...cf.ssh,
      username: `cf:${app.processGuid}/0`,
      password: cf.sshCode(),
      hostVerifier: () => true,
    });
  });
  const script = `exec perl -e '${agentScript().replaceAll("'", `'\\''`)}'`;
  const channel = await new Promise<Duplex>((resolve, reject) =>
    client.exec(script, (error, stream) => (error ? reject(error) : resolve(stream))),
  );
  channel.on("close", () => client.end());
  return AgentSession.open(channel, {
    root: "/home/vcap/app",
    stateDirectories: ["/home/vcap/tmp/.tiltish"],
    supervisorSocket: SUPERVISOR_SOCKET,
  });
}
