import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect } from "vitest";
import { Http } from "../../controllers/cfapp/cf/index.ts";
import { type Driver, test } from "./driver.ts";

const WAIT = { timeout: 40_000 };

const SERVER = `
const text = require("node:fs").readFileSync("greeting.txt", "utf8");
require("node:http").createServer((_, response) => response.end(text)).listen(process.env.PORT, "127.0.0.1");
`;

interface Status {
  state?: string;
  pending?: { firstPaths: string[] };
}

/** A sandbox that runs, and what it says of itself. */
async function sandbox(driver: Driver, ...options: string[]) {
  const running = driver.start(["cf-sandbox", ...options]);
  await expect.poll(() => running.stdout + running.stderr, WAIT).toContain("Ctrl-C ends it");
  const find = (pattern: RegExp) => pattern.exec(running.stdout)![1]!;
  const cfHome = find(/CF_HOME=(\S+)/);
  return { running, cfHome, url: find(/(https:\S+)/), object: find(/apply -f (\S+)/) };
}

describe("tiltish cf-sandbox", () => {
  test("is all that one needs to see a save go live", async ({ driver }) => {
    const { running, url, object } = await sandbox(driver);
    await driver.serve();
    await driver.write("app/Procfile", "web: exec node server.js\n");
    await driver.write("app/server.js", SERVER);
    await driver.write("app/greeting.txt", "hello");
    const text = (await readFile(object, "utf8")).replace("localPath: .", "localPath: app");
    await driver.write("object.yaml", text);
    expect(await driver.run(["apply", "-f", "object.yaml"])).toMatchObject({ code: 0 });
    const http = new Http({ skipVerify: true });
    const page = async () => (await http.send(`${url}/apps/hello/`).catch(() => ({ body: "" }))).body;
    await expect.poll(page, WAIT).toBe("hello");
    await driver.write("app/greeting.txt", "changed");
    await expect.poll(page, WAIT).toBe("changed");
    http.close();
    expect(running.stdout).toContain("hello/0 STG: ");
  });

  test("takes what trigger sends: in mode Manual nothing is sent before, and after a stop it is what goes on", async ({
    driver,
  }) => {
    const { url, object } = await sandbox(driver);
    await driver.serve();
    await driver.write("app/Procfile", "web: exec node server.js\n");
    await driver.write("app/server.js", SERVER);
    await driver.write("app/greeting.txt", "hello");
    const text = (await readFile(object, "utf8")).replace("localPath: .", "localPath: app");
    await driver.write("object.yaml", `${text}  trigger: { mode: Manual }\n`);
    await driver.run(["apply", "-f", "object.yaml"]);
    const first = await driver.run(["wait", "cfs/hello", "--for=condition=Ready", "--timeout=14s"]);
    expect(first).toMatchObject({ code: 0 });
    const http = new Http({ skipVerify: true });
    const page = async () => (await http.send(`${url}/apps/hello/`)).body;
    const statusOf = async () =>
      (JSON.parse((await driver.run(["get", "cfs/hello", "-o", "json"])).stdout) as { status: Status })
        .status;
    await driver.write("app/greeting.txt", "changed");
    await expect.poll(async () => (await statusOf()).pending?.firstPaths, WAIT).toEqual(["greeting.txt"]);
    expect(await page()).toBe("hello");
    expect(await driver.run(["cancel", "hello"])).toMatchObject({
      code: 0,
      stdout: "cfappsync.tiltish.dev/hello has no sync, and no deploy, to cancel\n",
    });
    expect(await driver.run(["trigger", "hello", "--wait", "--timeout=14s"])).toEqual({
      code: 0,
      stdout: "cfappsync.tiltish.dev/hello triggered\ncfappsync.tiltish.dev/hello is ready\n",
      stderr: "",
    });
    expect(await page()).toBe("changed");
    expect(await driver.run(["trigger", "hello", "--env", "A=b"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("takes no --env") as string,
    });
    expect(await driver.run(["stop", "cfs/hello", "--wait"])).toMatchObject({ code: 0 });
    expect((await statusOf()).state).toBe("Idle");
    await driver.write("app/greeting.txt", "once more");
    expect(await driver.run(["start", "--all", "--wait", "--timeout=14s"])).toMatchObject({ code: 0 });
    await expect.poll(page, WAIT).toBe("once more");
    http.close();
  });

  test("leaves neither a process nor a file behind", async ({ driver }) => {
    const { running, cfHome } = await sandbox(driver, "--latency", "5");
    expect(JSON.parse(await readFile(`${cfHome}/.cf/config.json`, "utf8"))).toMatchObject({
      ConfigVersion: 4,
    });
    running.child.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130, stderr: "" });
    expect(existsSync(dirname(cfHome))).toBe(false);
  });

  test("leaves no process behind when it is killed, either", async ({ driver }) => {
    const name = `hello-${process.pid}`;
    const { running, object, cfHome } = await sandbox(driver, "--dir", driver.path("kept"));
    await driver.serve();
    await driver.write("app/Procfile", "web: setsid sleep 1000 & exec sleep 1000\n");
    await driver.write(
      "object.yaml",
      (await readFile(object, "utf8")).replace("localPath: .", "localPath: app").replaceAll("hello", name),
    );
    await driver.run(["apply", "-f", "object.yaml"]);
    const inside = () =>
      readdirSync("/proc").filter((pid) => environmentOf(pid).includes(`"application_name":"${name}"`));
    await expect.poll(() => inside().length, WAIT).toBeGreaterThan(2);
    running.child.kill("SIGKILL");
    await expect.poll(inside, WAIT).toEqual([]);
    expect(existsSync(cfHome)).toBe(true);
  });

  test("has its directory for itself, until it is gone, and leaves the object there as somebody has made it", async ({
    driver,
  }) => {
    await driver.write("kept/cfappsync.yaml", "mine\n");
    const { running, cfHome } = await sandbox(driver, "--dir", "kept");
    const before = await readFile(`${cfHome}/.cf/config.json`, "utf8");
    expect(await driver.run(["cf-sandbox", "--dir", "kept"])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining(`is in use by process ${running.child.pid}`) as string,
    });
    expect(await readFile(`${cfHome}/.cf/config.json`, "utf8")).toBe(before);
    expect(existsSync(driver.path("kept/foundation/instances"))).toBe(true);
    running.child.kill("SIGKILL");
    await running.ended;
    const { running: next } = await sandbox(driver, "--dir", "kept");
    next.child.kill("SIGTERM");
    await next.ended;
    expect(readdirSync(driver.path("kept")).toSorted()).toEqual(["cf-home", "cfappsync.yaml", "foundation"]);
    expect(await readFile(driver.path("kept/cfappsync.yaml"), "utf8")).toBe("mine\n");
  });

  test("says what is wrong with what it is told", async ({ driver }) => {
    expect(await driver.run(["cf-sandbox", "--latency", "-1"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--latency is 0 to 60000") as string,
    });
    await driver.write("file", "");
    expect(await driver.run(["cf-sandbox", "--dir", "file/x"])).toMatchObject({ code: 2 });
  });
});

function environmentOf(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/environ`, "utf8") : "";
  } catch {
    return "";
  }
}
