import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { Driver } from "../cmd/driver.ts";
import { Foundation } from "../controllers/cfapp/cf/foundation.ts";
import { type Container, GUID, test as base } from "./fixture.ts";

/** Somebody who is logged in, an app of theirs, and the program. */
interface Desk {
  readonly driver: Driver;
  readonly foundation: Foundation;
  push(...args: string[]): ReturnType<Driver["run"]>;
}

const test = base.extend<{ desk: Desk }>({
  desk: async ({ container }, use) => {
    await (await container.start({}, { FASTPUSH_TOKEN: "s3cret" })).ready();
    const foundation = await Foundation.start();
    const page = (...resources: object[]) => ({ resources });
    foundation.on("/v3/apps", (request) =>
      page(...(request.url!.includes("names=web") ? [{ guid: GUID, name: "web", state: "STARTED" }] : [])),
    );
    foundation.on(`/v3/apps/${GUID}/routes`, () => page({ url: "web.example.com" }));
    foundation.on(`/v3/apps/${GUID}/processes`, () => page({ guid: GUID, type: "web" }));
    foundation.on(`/v3/processes/${GUID}/stats`, () =>
      page({ index: 0, state: "RUNNING" }, { index: 1, state: "DOWN" }),
    );
    const driver = new Driver(await mkdtemp(join(tmpdir(), "tiltish-fast-push-")));
    await foundation.login(driver.folder);
    driver.env["TOKEN"] = "s3cret";
    await mkdir(driver.path("src"));
    const url = `http://127.0.0.1:${container.port}`;
    const push = (...args: string[]) =>
      driver.run([...args, "--url", url, "--token-env", "TOKEN"], { cwd: driver.path("src") });
    await use({ driver, foundation, push });
    await foundation.close();
    await rm(driver.folder, { recursive: true, force: true });
  },
});

const isThere = (container: Container, name: string) =>
  container.read(name).then(
    () => true,
    () => false,
  );

test("tiltish fast-push sends what is new and changed, once, and leaves what is not ours", async ({
  container,
  desk,
}) => {
  await container.write("vendor/lib.js", "built there");
  await desk.driver.write("src/lib/a.txt", "a");
  await desk.driver.write("src/.git/config", "secret");
  const first = await desk.push("fast-push", "web", "--ready", "/");
  expect(first.stderr).toBe("");
  expect(first.stdout).toMatch(
    /^ {2}put {5}lib\/a.txt {2}1 bytes\ninstance 0: 1 file, 1 bytes sent; the app runs \(pid \d+\)\n$/,
  );
  expect(first.code).toBe(0);
  expect(await container.read("lib/a.txt")).toBe("a");
  expect(await isThere(container, "vendor/lib.js")).toBe(true);
  expect((await desk.push("fast-push", "web")).stdout).toBe("instance 0: it has all of this already\n");
});

test("tiltish fast-push --dry-run shows what would be sent, and sends nothing", async ({
  container,
  desk,
}) => {
  await desk.driver.write("src/a.txt", "a");
  const { pid } = JSON.parse((await container.ask("GET", "/")).body) as { pid: number };
  for (const flag of ["--dry-run", "-d"]) {
    const outcome = await desk.push("fast-push", "web", flag);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toBe(
      "  put     a.txt  1 bytes\ninstance 0: 1 file, 1 bytes would be sent; nothing was\n",
    );
  }
  expect(await isThere(container, "a.txt")).toBe(false);
  expect(JSON.parse((await container.ask("GET", "/")).body)).toMatchObject({ pid });
});

test("tiltish fast-push -f sends some files, and --delete takes away what came by a push", async ({
  container,
  desk,
}) => {
  for (const name of ["a.txt", "b.txt", "dir/c.txt"]) await desk.driver.write(`src/${name}`, name);
  await desk.push("fast-push", "web", "-f", "dir", "--restart=false");
  expect(await container.read("dir/c.txt")).toBe("dir/c.txt");
  expect(await isThere(container, "a.txt")).toBe(false);
  await desk.push("fast-push", "web", "-f", "a.txt", "--restart=false");
  await rm(desk.driver.path("src/dir"), { recursive: true });
  const { stdout } = await desk.push("fast-push", "web", "--delete", "--restart=false");
  expect(stdout).toContain("delete  dir/c.txt");
  expect(await isThere(container, "dir/c.txt")).toBe(false);
  expect(await container.read("b.txt")).toBe("b.txt");
  expect(await isThere(container, "app.js")).toBe(true);
});

test("tiltish fast-push of a directory with more files than are taken says how many those are", async ({
  desk,
}) => {
  const at = desk.driver.path("src");
  for (let i = 0; i < 50_002; i++) {
    if (i % 1000 === 0) await mkdir(join(at, `${i / 1000}`));
    await writeFile(join(at, `${Math.floor(i / 1000)}/${i}`), "");
  }
  const { code, stderr } = await desk.push("fast-push", "web");
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/^error: there are more than 50000 files; .*-f\n$/);
});

test("tiltish fast-push fails if the app ends, and shows its last lines", async ({ desk }) => {
  await desk.driver.write("src/app.js", "console.error('no such thing'); process.exit(3)");
  const outcome = await desk.push("fast-push", "web");
  expect(outcome.code).toBe(1);
  expect(outcome.stdout).toMatch(/the app has ended \(3\):\n {2}\| no such thing\n$/);
});

test("tiltish fast-push-status shows what each instance says", async ({ container, desk }) => {
  const { pid } = JSON.parse((await container.ask("GET", "/")).body) as { pid: number };
  const { stdout } = await desk.push("fast-push-status", "web");
  expect(stdout).toMatch(
    /^INSTANCE +HEALTH +SPEAKS +PID +REVISION +FREE +LAST-EXIT\n0 +Running +extensions +/,
  );
  expect(stdout).toContain(` ${pid} `);
  const original = await desk.push("fast-push-status", "web", "--extensions=false", "-o", "json");
  expect(JSON.parse(original.stdout)).toEqual([{ index: 0, health: "Running" }]);
});

test("what is wrong is told in words, and the token never", async ({ desk }) => {
  const none = await desk.push("fast-push", "nope");
  expect(none).toMatchObject({ code: 1, stdout: "" });
  expect(none.stderr).toContain("there is no app nope in the space me");
  desk.driver.env["TOKEN"] = "wr0ng";
  const wrong = await desk.push("fast-push-status", "web");
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toMatch(/^error: the fast-push controller at .* refuses the token/);
  expect(wrong.stderr).not.toContain("wr0ng");
  const usage = await desk.push("fast-push");
  expect([usage.code, usage.stderr]).toEqual([2, "error: name an app: tiltish fast-push APP\n"]);
  const outside = await desk.push("fast-push", "web", "-f", "../x");
  expect(outside.code).toBe(2);
  await rm(desk.driver.path(".cf"), { recursive: true });
  const nobody = await desk.push("fast-push", "web");
  expect(nobody.stderr).toContain("cf login");
});
