import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { CFAppSync } from "../../../../apis/v1alpha1/index.ts";
import { logDirectoryIn } from "../../../../controllers/runtime/index.ts";
import { type Loop, test, WAIT } from "./fixture.ts";

const NAME = { namespace: "default", name: "web" };

async function logOf(loop: Loop, query: Record<string, string> = {}): Promise<string[]> {
  let text = "";
  for await (const bytes of loop.client.log(CFAppSync, NAME, query)) text += Buffer.from(bytes).toString();
  return text.split("\n").filter(Boolean);
}

/** What comes while somebody follows. */
function follow(loop: Loop) {
  const stop = new AbortController();
  const log = {
    text: "",
    async end() {
      stop.abort();
      await following.catch(() => undefined);
    },
  };
  const query = { follow: "true", tailLines: "0" };
  const following = (async () => {
    for await (const bytes of loop.client.log(CFAppSync, NAME, query, stop.signal))
      log.text += Buffer.from(bytes).toString();
  })();
  return log;
}

test("the log tells of each set in one line: revision, files, bytes, process and times", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one" });
  await loop.create();
  await loop.synced();
  await loop.write({ "app.txt": "two!" });
  await expect.poll(async () => (await loop.status()).lastSync?.files, WAIT).toBe(1);
  await loop.synced();
  const { revision, instances } = await loop.status();
  const last = await logOf(loop, { tailLines: "1" });
  expect(last).toHaveLength(1);
  expect(last[0]).toMatch(
    /^\[tiltish\] 1 file in [\d.]+m?s: revision (\d+), pid (\d+); 4 bytes, \d+ sent; scan .*, apply .*, ready .*; app\.txt$/,
  );
  expect(last[0]).toContain(`revision ${revision!.remote!.number}, pid ${instances![0]!.pid};`);
  expect(await logOf(loop, { grep: "^connected" })).toEqual(["connected by Agent"]);
  expect((await logOf(loop, { timestamps: "true" })).at(-1)).toMatch(
    /^\d{4}-\d\d-\d\dT.*Z \[tiltish\] 1 file/,
  );
});

test("the log is followed while sets come, and over a restart of the server the former one is kept", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one" });
  await loop.create();
  await loop.synced();
  const log = follow(loop);
  await expect
    .poll(async () => {
      await loop.write({ "app.txt": `${Math.random()}` });
      return log.text.split("1 file in").length - 1;
    }, WAIT)
    .toBeGreaterThan(1);
  await log.end();
  await loop.shut();
  await loop.open();
  const former = async () => (await logOf(loop, { previous: "true" })).join("\n");
  await expect.poll(former, WAIT).toContain("1 file in");
  await expect.poll(() => logOf(loop), WAIT).toEqual(["connected by Agent"]);
});

test("a deploy tells its steps and what the buildpack says, a crash what the app said last", async ({
  loop,
}) => {
  await loop.write({ Procfile: "web: sh run.sh", "run.sh": "echo started with it; exec sleep 1000" });
  await loop.create();
  await loop.synced();
  const deploy = await logOf(loop);
  for (const line of ["deploying: staging", "-----> Sandbox Buildpack", "connected by Agent"])
    expect(deploy).toContain(line);
  expect(deploy.indexOf("-----> Sandbox Buildpack")).toBeGreaterThan(deploy.indexOf("deploying: staging"));
  await loop.write({ "run.sh": "echo started with nothing; echo out of luck; exit 3" });
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("False Crashed");
  await expect.poll(() => logOf(loop, { grep: "^out of luck$" }), WAIT).not.toEqual([]);
  expect(await logOf(loop, { level: "warn" })).toContainEqual(
    expect.stringMatching(/^\[tiltish\] WARN Crashed: instance 0: .* exit code 3/),
  );
});

test("what the app prints is in the log while somebody follows it, and costs nothing while nobody does", async ({
  loop,
}) => {
  const reads = () => loop.cf.counters.http.requests["GET /api/v1/read/:guid"] ?? 0;
  const script = "echo started with it; while :; do echo tick; sleep 0.2; done";
  await loop.pushed({ "run.sh": script }, { command: "sh run.sh" });
  await loop.write({ "run.sh": script });
  await loop.create();
  await loop.synced();
  await loop.write({ "run.sh": `${script} # once more` });
  await expect.poll(() => loop.starts().length, WAIT).toBe(2);
  await loop.synced();
  expect(reads()).toBe(0);
  const log = follow(loop);
  await expect.poll(() => log.text.split("tick\n").length, WAIT).toBeGreaterThan(5);
  expect(reads()).toBeGreaterThan(0);
  await loop.write({ "run.sh": "echo started with other words; exec sleep 1000" });
  await expect.poll(() => log.text, WAIT).toContain("started with other words\n");
  await log.end();
  const { length } = log.text.split("\n").filter((line) => line === "started with other words");
  expect(length).toBe(1);
});

test("a minute in which nothing happens costs less than 1 kB each way, also while somebody follows the log", async ({
  loop,
}) => {
  const script = "echo started with it; until [ -e say ]; do sleep 0.1; done; echo said; exec sleep 1000";
  await loop.pushed({ "run.sh": script }, { command: "sh run.sh" });
  await loop.write({ "run.sh": script });
  await loop.create({ ssh: { keepalive: "10s" }, ignores: ["say"] });
  await loop.synced();
  const log = follow(loop);
  const bytesOf = (way: "ssh" | "http") => {
    const { bytesUp, bytesDown } = loop.cf.counters[way];
    return [bytesUp, bytesDown] as const;
  };
  const keepalive = async () => {
    const [before] = bytesOf("ssh");
    await expect.poll(() => bytesOf("ssh")[0], { timeout: 30_000 }).toBeGreaterThan(before);
  };
  // Until it is sure that nothing comes any more it asks a few times.
  for (let times = 0; times < 2; times++) await keepalive();
  const [ssh, http] = [bytesOf("ssh"), bytesOf("http")];
  for (let times = 0; times < 6; times++) await keepalive();
  for (const i of [0, 1] as const) {
    expect(bytesOf("ssh")[i] - ssh[i]).toBeLessThan(1_000);
    expect(bytesOf("http")[i] - http[i]).toBeLessThan(100); // a connection that nobody uses is closed
  }
  // And it is not deaf: what the app says after its silence is there.
  await writeFile(join(loop.app.instances[0]!.home, "app/say"), "");
  await expect.poll(() => log.text, WAIT).toContain("said\n");
  await log.end();
}, 150_000);

test("the log holds no token, and goes with its object", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one" });
  await loop.create();
  await loop.synced();
  // Everything that has to do with logins once more.
  loop.cf.faults.expireTokens();
  loop.cf.faults.ssh().drop();
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
  await loop.synced();
  loop.cf.faults.revokeTokens();
  loop.cf.faults.ssh().drop();
  await expect.poll(() => loop.condition("Authenticated"), WAIT).toBe("False TokenExpired");
  const text = (await logOf(loop)).join("\n");
  expect(text).toContain("TokenExpired");
  const config = JSON.parse(await readFile(join(loop.home, ".cf/config.json"), "utf8")) as Record<
    string,
    string
  >;
  for (const key of ["AccessToken", "RefreshToken"]) {
    expect(config[key]!.length).toBeGreaterThan(10);
    expect(text).not.toContain(config[key]!.replace(/^bearer /, ""));
  }
  // Neither that of a later login, nor a code: what is said at all has no long word without a meaning.
  expect(text.match(/[\w-]{40,}/g) ?? []).toEqual([]);
  const logs = join(logDirectoryIn(join(loop.home, "state")), "default");
  expect((await readdir(logs)).some((name) => name.startsWith("web_"))).toBe(true);
  await loop.client.delete(CFAppSync, NAME);
  await expect.poll(() => readdir(logs), WAIT).toEqual([]);
});
