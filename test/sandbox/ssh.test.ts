import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import { type Rig, test } from "./fixture.ts";

const run = promisify(execFile);

const OPTIONS = [
  "StrictHostKeyChecking=no",
  "UserKnownHostsFile=/dev/null",
  "PreferredAuthentications=password",
  "NumberOfPasswordPrompts=1",
  "LogLevel=ERROR",
].flatMap((option) => ["-o", option]);

/** The real client, which asks a program for its password, so that it is on no command line. */
async function login({ cf, home, app }: Rig, code = cf.sshCode()) {
  const askpass = join(home, "askpass");
  await writeFile(askpass, '#!/bin/sh\necho "$SSH_CODE"\n');
  await chmod(askpass, 0o700);
  const env = { ...process.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", SSH_CODE: code };
  const port = String(cf.ssh.port);
  return { env, user: `cf:${app.processGuid}/0`, port, options: OPTIONS };
}

async function ssh(rig: Rig, command: string, code?: string) {
  const { env, user, port, options } = await login(rig, code);
  return run("ssh", [...options, "-p", port, "-l", user, "127.0.0.1", command], { env });
}

describe("the ssh client of the system", () => {
  test("runs commands in the home of the instance, and is told how they end", async ({ rig }) => {
    await rig.push("sleep 1000", { env: { GREETING: "hi" } });
    const { stdout } = await ssh(
      rig,
      'pwd; cat app/hello.txt; echo "$HOME $USER $GREETING $CF_INSTANCE_INDEX $PATH"',
    );
    expect(stdout).toBe("/home/vcap\nhello\n/home/vcap vcap hi 0 /bin:/usr/bin\n");
    await expect(ssh(rig, "echo no >&2; exit 7")).rejects.toMatchObject({ code: 7, stderr: "no\n" });
  });

  test("gets in with a code once", async ({ rig }) => {
    await rig.push("sleep 1000");
    const code = rig.cf.sshCode();
    expect((await ssh(rig, "echo in", code)).stdout).toBe("in\n");
    await expect(ssh(rig, "echo in", code)).rejects.toMatchObject({
      code: 255,
      stderr: expect.stringContaining("Permission denied") as string,
    });
    await expect(ssh(rig, "echo in", "nonsense")).rejects.toMatchObject({ code: 255 });
    const { logins, refused, processes, codesUsed } = rig.cf.counters.ssh;
    expect({ logins, refused, processes, codesUsed }).toEqual({
      logins: 1,
      refused: 2,
      processes: 1,
      codesUsed: 1,
    });
  });

  test("is let in nowhere if ssh is off for the app or the platform", async ({ rig }) => {
    await rig.push("sleep 1000");
    const headers = { "content-type": "application/json" };
    const path = `/v3/apps/${rig.app.guid}/features/ssh`;
    await rig.cc.ask(path, { method: "PATCH", body: '{"enabled":false}', headers });
    await expect(ssh(rig, "true")).rejects.toMatchObject({ code: 255 });
    expect(await rig.cc.sshEnabled(rig.app.guid)).toEqual({ enabled: false, reason: "Disabled for app" });
    await rig.cc.ask(path, { method: "PATCH", body: '{"enabled":true}', headers });
    await ssh(rig, "true");
    rig.cf.faults.sshOff(true);
    await expect(ssh(rig, "true")).rejects.toMatchObject({ code: 255 });
    expect(await rig.cc.sshEnabled(rig.app.guid)).toMatchObject({ enabled: false });
  });

  test("reaches the port of the app through a tunnel", async ({ rig }) => {
    const server =
      'require("node:http").createServer((q, s) => s.end("hello")).listen(process.env.PORT, "127.0.0.1")';
    await rig.push("exec node server.js", { files: { "server.js": server }, healthCheck: "port" });
    await expect.poll(() => rig.app.instances[0]!.state).toBe("RUNNING");
    const { env, user, port, options } = await login(rig);
    const client = spawn("ssh", [...options, "-p", port, "-l", user, "-W", "localhost:8080", "127.0.0.1"], {
      env,
    });
    let answer = "";
    client.stdout.on("data", (bytes: Buffer) => (answer += bytes.toString()));
    client.stdin.write("GET / HTTP/1.0\r\n\r\n");
    await expect.poll(() => answer).toContain("hello");
    client.kill();
  });

  test("is answered when it asks whether anybody is there", async ({ rig }) => {
    await rig.push("sleep 1000");
    const { env, user, port, options } = await login(rig);
    const alive = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"];
    const args = [...options, ...alive, "-p", port, "-l", user, "127.0.0.1", "sleep 2.5; echo still here"];
    expect((await run("ssh", args, { env })).stdout).toBe("still here\n");
  });

  test("leaves nothing running that reads from it when it hangs up", async ({ rig }) => {
    await rig.push("exec sleep 1000");
    const { env, user, port, options } = await login(rig);
    const client = spawn(
      "ssh",
      [...options, "-p", port, "-l", user, "127.0.0.1", "cat > got; echo ended >> got"],
      { env },
    );
    client.stdin.write("something\n");
    const got = () => readFile(join(rig.app.instances[0]!.home, "got"), "utf8").catch(() => "");
    await expect.poll(got).toBe("something\n");
    client.kill("SIGKILL");
    await expect.poll(got).toBe("something\nended\n");
    await expect.poll(() => rig.app.instances[0]!.processes().length).toBe(1);
  });
});

test("rsync copies a directory to an instance, whatever its files are called", async ({ rig }) => {
  await rig.push("sleep 1000");
  const files = { "plain.txt": "1", "with space": "2", "dir/ünïcode ✓": "3", "quo'te": "4" };
  const source = await rig.directory("more", files);
  const { env, user, port, options } = await login(rig);
  const shell = ["ssh", ...options, "-p", port, "-l", user].join(" ");
  await run("rsync", ["-a", "-e", shell, `${source}/`, "127.0.0.1:/home/vcap/app/"], { env });
  for (const [name, text] of Object.entries(files))
    expect(await readFile(join(rig.app.instances[0]!.home, "app", name), "utf8")).toBe(text);
});

test("sftp puts a file, and renames it over another one", async ({ rig }) => {
  await rig.push("sleep 1000");
  const source = await rig.directory("more", { new: "new\n" });
  const { env, user, port, options } = await login(rig);
  const client = spawn("sftp", [...options, "-P", port, "-o", `User=${user}`, "127.0.0.1"], { env });
  client.stdin.end(`put ${source}/new app/new\nrename app/new app/hello.txt\n`);
  await new Promise((resolve) => client.on("close", resolve));
  const { home } = rig.app.instances[0]!;
  expect(await readFile(join(home, "app/hello.txt"), "utf8")).toBe("new\n");
  expect(existsSync(join(home, "app/new"))).toBe(false);
});

test("a wire that is cut after so many bytes delivers those, and no more; the next connection is fine", async ({
  rig,
}) => {
  await rig.push("sleep 1000");
  const before = rig.cf.counters.ssh.bytesDown;
  const cut = rig.cf.faults.ssh().cutAfter(5000, { direction: "down" });
  await expect(ssh(rig, "cat /dev/zero")).rejects.toMatchObject({ code: 255 });
  await cut;
  expect(rig.cf.counters.ssh.bytesDown).toBeGreaterThan(before + 5000);
  expect((await ssh(rig, "echo fine")).stdout).toBe("fine\n");
});

test("whoever is shown the key of somebody else can tell", async ({ rig }) => {
  await rig.push("sleep 1000");
  const { stdout } = await run("ssh-keyscan", ["-t", "rsa", "-p", String(rig.cf.ssh.port), "127.0.0.1"]);
  rig.cf.faults.wrongHostKey(true);
  const other = await run("ssh-keyscan", ["-t", "rsa", "-p", String(rig.cf.ssh.port), "127.0.0.1"]);
  expect(stdout).toContain("ssh-rsa");
  expect(other.stdout).not.toBe(stdout);
});
