import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { connectFirst } from "../../../../controllers/cfapp/transports/index.ts";
import type { SshTransportOptions } from "../../../../controllers/cfapp/transports/index.ts";
import { write } from "../agent/fixture.ts";
import { test, type World } from "./fixture.ts";

const connect = (world: World, more: Partial<SshTransportOptions> = {}, signal?: AbortSignal) =>
  world.transports({ engine: "Agent", ...more })[0]!.connect(world.ref, signal);

/** What a platform may write for a SHA-256 in base64. */
function formatsOf(fingerprint: string): string[] {
  const hex = Buffer.from(fingerprint, "base64").toString("hex");
  return [fingerprint, `SHA256:${fingerprint}`, `${fingerprint}=`, hex, hex.toUpperCase()];
}

describe("a connection by ssh", () => {
  test("CF-4: is one, with one code and one process, however many sets go over it", async ({ world }) => {
    const link = await connect(world);
    for (let i = 0; i < 20; i++) {
      await world.write({ "a/b": `${i}` });
      expect(await world.sync(link)).toMatchObject({ result: "ok" });
    }
    const { connections, logins, codesIssued, codesUsed, processes } = world.counters;
    expect({ connections, logins, codesIssued, codesUsed, processes }).toEqual({
      connections: 1,
      logins: 1,
      codesIssued: 1,
      codesUsed: 1,
      processes: 1,
    });
    expect([...(await world.remote())]).toEqual([...(await world.scan())]);
  });

  test("sends nothing but keep-alives while nothing is saved", async ({ world }) => {
    const link = await connect(world, { keepaliveMs: 40 });
    await world.write({ a: "1" });
    await world.sync(link);
    // What was under way has arrived.
    await link.ping();
    const seen = [world.counters];
    await expect
      .poll(
        () => {
          if (seen.at(-1)!.bytesUp !== world.counters.bytesUp) seen.push(world.counters);
          return seen.length;
        },
        { interval: 5 },
      )
      .toBeGreaterThan(10);
    const grown = seen.slice(2).map(({ bytesUp }, i) => bytesUp - seen[i + 1]!.bytesUp);
    const keepalive = Math.min(...grown);
    // Three of them in a minute, and their answers, are less than 1 kB.
    expect(keepalive).toBeLessThan(120);
    for (const bytes of grown) expect(bytes % keepalive).toBe(0);
  });

  test("CF-23: is not made to a host with another key: no code is asked for, and both fingerprints are told", async ({
    world,
  }) => {
    world.rig.cf.faults.wrongHostKey(true);
    const error = await connect(world).catch((error: Error) => error);
    expect(error).toMatchObject({ name: "ConnectError", reason: "HostKeyMismatch" });
    const { message } = error as Error;
    expect(message).toContain(world.rig.cf.ssh.fingerprint);
    expect(message.match(/SHA256:[\w+/]{43}/g)).toHaveLength(1);
    expect(world.counters).toMatchObject({ codesIssued: 0, logins: 0, refused: 0, processes: 0 });
    world.rig.cf.faults.wrongHostKey(false);
    expect((await connect(world)).hostKey).toEqual({
      fingerprint: `SHA256:${world.rig.cf.ssh.fingerprint}`,
      verifiedBy: "Platform",
    });
  });

  test("takes a pinned fingerprint in any form, before that of the platform", async ({ world }) => {
    const platform = async () => {
      const said = await world.rig.cc.platform();
      return { ...said, ssh: { ...said.ssh!, fingerprint: "" } };
    };
    const other = {
      platform,
      sshCode: () => world.rig.cc.sshCode(),
      sshEnabled: (guid: string) => world.rig.cc.sshEnabled(guid),
    };
    for (const fingerprint of formatsOf(world.rig.cf.ssh.fingerprint)) {
      const link = await connect(world, { platform: other, hostKey: { mode: "Pinned", fingerprint } });
      expect(link.hostKey).toMatchObject({ verifiedBy: "Spec" });
      link.close();
    }
    const fingerprint = createHash("sha256").update("another").digest("hex");
    await expect(connect(world, { hostKey: { mode: "Pinned", fingerprint } })).rejects.toMatchObject({
      reason: "HostKeyMismatch",
      message: expect.stringContaining(fingerprint) as string,
    });
    await expect(connect(world, { platform: other })).rejects.toMatchObject({
      reason: "HostKeyMismatch",
      message: expect.stringContaining("Pinned") as string,
    });
  });

  test("takes any key if it is told to, and says that nobody has verified it", async ({ world }) => {
    world.rig.cf.faults.wrongHostKey(true);
    const link = await connect(world, { hostKey: { mode: "Insecure" } });
    expect(link.hostKey).toMatchObject({ verifiedBy: "Nobody" });
  });

  test("CF-24: that is forbidden says by whom, and what to do", async ({ world }) => {
    world.rig.cf.faults.sshOff(true);
    await expect(connect(world)).rejects.toMatchObject({
      reason: "SSHDisabled",
      message: expect.stringMatching(/operators.*FastPush or Push/) as string,
    });
    for (const [reason, remedy] of [
      ["Disabled for space dev", "cf allow-space-ssh dev, and then: cf restart web"],
      ["Disabled for app", "cf enable-ssh web, and then: cf restart web"],
    ] as const) {
      const body = JSON.stringify({ enabled: false, reason });
      world.rig.cf.faults.answer({ path: /ssh_enabled$/, status: 200, body, times: 1 });
      await expect(connect(world)).rejects.toMatchObject({
        reason: "SSHDisabled",
        message: expect.stringContaining(remedy) as string,
      });
    }
  });

  test("on a platform that offers none says so", async ({ world }) => {
    const said = await world.rig.cc.platform();
    const platform = {
      platform: () => Promise.resolve({ ...said, ssh: undefined }),
      sshCode: () => world.rig.cc.sshCode(),
      sshEnabled: (guid: string) => world.rig.cc.sshEnabled(guid),
    };
    await expect(connect(world, { platform })).rejects.toMatchObject({ reason: "SSHDisabled" });
    expect(world.counters.connections).toBe(0);
  });

  test("whose code was used before is refused, and the code is told to nobody", async ({ world }) => {
    const code = await world.rig.cc.sshCode();
    const platform = {
      platform: () => world.rig.cc.platform(),
      sshCode: () => Promise.resolve(code),
      sshEnabled: (guid: string) => world.rig.cc.sshEnabled(guid),
    };
    (await connect(world, { platform })).close();
    const error = await connect(world, { platform }).catch((error: Error) => error);
    expect(error).toMatchObject({ reason: "PasscodeRefused" });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(code);
  });

  test("CF-22: says when nobody is logged in any more", async ({ world }) => {
    world.rig.cf.faults.revokeTokens();
    await expect(connect(world)).rejects.toMatchObject({ name: "AuthError", reason: "TokenExpired" });
  });

  test("CF-21: goes on with a new token when the old one has ended", async ({ world }) => {
    world.rig.cf.faults.expireTokens();
    (await connect(world)).close();
  });

  test("that nobody takes, or nobody answers, says so in time", async ({ world }) => {
    const wire = world.rig.cf.faults.ssh();
    wire.refuse(true);
    await expect(connect(world)).rejects.toMatchObject({ reason: "Unreachable" });
    wire.refuse(false);
    wire.silence(true);
    await expect(connect(world, { connectTimeoutMs: 300 })).rejects.toMatchObject({
      reason: "Unreachable",
      message: expect.stringContaining("connectTimeout") as string,
    });
    wire.silence(false);
    await expect.poll(() => wire.open).toBe(0);
  });

  test("is given up when it is told to", async ({ world }) => {
    world.rig.cf.faults.ssh().silence(true);
    const stop = new AbortController();
    const connecting = connect(world, {}, stop.signal);
    await expect.poll(() => world.rig.cf.faults.ssh().open).toBe(1);
    stop.abort(new Error("never mind"));
    await expect(connecting).rejects.toThrow("never mind");
    world.rig.cf.faults.ssh().silence(false);
    await expect.poll(() => world.rig.cf.faults.ssh().open).toBe(0);
  });

  test("CF-20: is known to be lost when nothing comes back, and the next one has a code of its own", async ({
    world,
  }) => {
    const link = await connect(world, { keepaliveMs: 50 });
    await world.write({ a: "1" });
    await world.sync(link);
    world.rig.cf.faults.ssh().silence(true);
    expect((await link.closed).name).toBe("ConnectionLostError");
    await expect(link.ping()).rejects.toMatchObject({ name: "ConnectionLostError" });
    world.rig.cf.faults.clear();
    const next = await connect(world);
    expect(next.greeting.revision).toBe("1");
    expect(world.counters).toMatchObject({ codesIssued: 2, codesUsed: 2 });
  });

  test("CF-28: to each of several instances has its set staged before any of them commits", async ({
    rig,
    world,
  }) => {
    await rig.push("exec sleep 1000", { instances: 2 });
    const transport = world.transports({ engine: "Agent" })[0]!;
    const links = await Promise.all([0, 1].map((index) => transport.connect({ ...world.ref, index })));
    await world.write({ "hello.txt": "new" });
    const set = await world.setFor(await links[0]!.list());
    const seen = () =>
      Promise.all(rig.app.instances.map(({ home }) => readFile(join(home, "app/hello.txt"), "utf8")));
    const staged = await Promise.all(links.map((link) => link.stage(set)));
    expect(await seen()).toEqual(["hello\n", "hello\n"]);
    await staged[0]!.commit();
    expect(await seen()).toEqual(["new", "hello\n"]);
    await staged[1]!.commit();
    expect(await seen()).toEqual(["new", "new"]);
    // One that goes leaves the other as it is.
    links[0]!.close();
    await links[0]!.closed;
    await links[1]!.ping();
    expect(world.counters).toMatchObject({ connections: 2, codesUsed: 2, processes: 2 });
  });

  test("CF-27: to a new container is greeted as one without a revision", async ({ world }) => {
    const link = await connect(world);
    await world.write({ a: "1" });
    await world.sync(link);
    await world.rig.app.instances[0]!.replace();
    expect(await link.closed).toBeInstanceOf(Error);
    const { greeting } = await connect(world);
    expect(greeting.revision).toBe("");
    expect(greeting.instanceGuid).not.toBe(link.greeting.instanceGuid);
  });
});

describe("a container", () => {
  /** Whoever comes by ssh finds no programs. */
  const strip = (world: World) => write(world.home, { ".bashrc": "export PATH=/nowhere" });

  test("without perl is reached by sftp, over the same connection", async ({ rig, world }) => {
    await strip(world);
    const { link, transport, passedOver } = await connectFirst(world.transports(), world.ref);
    expect(transport.name).toBe("SFTP");
    expect(passedOver).toEqual([{ name: "Agent", message: expect.stringContaining("perl") as string }]);
    await link.ping();
    expect(world.counters).toMatchObject({ connections: 1, codesUsed: 1 });
    link.close();
    await expect.poll(() => rig.cf.faults.ssh().open).toBe(0);
  });

  test("with nothing of what is needed says what that is", async ({ world }) => {
    await strip(world);
    const transports = world.transports().filter(({ name }) => name !== "SFTP");
    await expect(connectFirst(transports, world.ref)).rejects.toMatchObject({
      reason: "NotSupported",
      message: expect.stringContaining("Agent: no agent runs in the container") as string,
    });
  });

  test("with perl has an agent, whatever else it has", async ({ world }) => {
    const { transport, passedOver } = await connectFirst(world.transports(), world.ref);
    expect([transport.name, passedOver]).toEqual(["Agent", []]);
  });
});
