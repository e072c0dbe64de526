import { readdir, readFile } from "node:fs/promises";
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
  const stop = new AbortController();
  let text = "";
  const following = (async () => {
    const query = { follow: "true", tailLines: "0" };
    for await (const bytes of loop.client.log(CFAppSync, NAME, query, stop.signal))
      text += Buffer.from(bytes).toString();
  })();
  await expect
    .poll(async () => {
      await loop.write({ "app.txt": `${Math.random()}` });
      return text.split("1 file in").length - 1;
    }, WAIT)
    .toBeGreaterThan(1);
  stop.abort();
  await following.catch(() => undefined);
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
  const stop = new AbortController();
  let text = "";
  const following = (async () => {
    const query = { follow: "true", tailLines: "0" };
    for await (const bytes of loop.client.log(CFAppSync, NAME, query, stop.signal))
      text += Buffer.from(bytes).toString();
  })();
  await expect.poll(() => text.split("tick\n").length, WAIT).toBeGreaterThan(5);
  expect(reads()).toBeGreaterThan(0);
  await loop.write({ "run.sh": "echo started with other words; exec sleep 1000" });
  await expect.poll(() => text, WAIT).toContain("started with other words\n");
  stop.abort();
  await following.catch(() => undefined);
  const { length } = text.split("\n").filter((line) => line === "started with other words");
  expect(length).toBe(1);
});

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
