import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { helpOf, overviewOf } from "../../cmd/cli/help.ts";
import { COMMANDS } from "../../cmd/cli/table/index.ts";
import { TOPICS } from "../../cmd/cli/topics.ts";
import { test as withDriver } from "./driver.ts";

const VISIBLE = COMMANDS.filter(({ hidden }) => !hidden);

test("the help of a command fits on a screen, with its examples before its options", () => {
  for (const command of VISIBLE) {
    const help = helpOf(command);
    expect(help.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
    if (command.examples) expect(help.indexOf("Examples:")).toBeLessThan(help.indexOf("Options"));
  }
});

test("the overview names every command and every topic", () => {
  const overview = overviewOf(COMMANDS);
  for (const { name } of [...VISIBLE, ...TOPICS])
    expect(overview).toMatch(new RegExp(`(^ {2}|, )${name}\\b`, "m"));
});

test("package.json has the man pages, of which there is one for each command", async () => {
  const read = async (name: string) => readFile(new URL(`../../${name}`, import.meta.url), "utf8");
  const manifest = JSON.parse(await read("package.json")) as {
    directories: { man: string };
    files: string[];
  };
  expect(manifest.directories.man).toBe("man");
  expect(manifest.files).toContain("man");
  const pages = await readdir(new URL("../../man", import.meta.url));
  expect(pages.toSorted()).toEqual(
    ["tiltish.1", ...VISIBLE.map(({ name }) => `tiltish-${name}.1`)].toSorted(),
  );
  const page = await read("man/tiltish-ci.1");
  expect(page).toContain("\\fB\\-\\-timeout\\fR=\\fIDURATION\\fR\n");
  // A line that begins with a dot is an instruction, and these are all that we use.
  expect(page.match(/^[.'].*$/gm)!.every((line) => /^\.(TH|SH|SS|TP|PP|B|BR|I|nf|fi)\b/.test(line))).toBe(
    true,
  );
});

withDriver("help knows topics, and an unknown word is answered with the nearest", async ({ driver }) => {
  expect((await driver.run(["help", "exit-codes"])).stdout).toContain(
    "    4  it took too long: wait, up --wait, ci\n",
  );
  expect(await driver.run(["help", "exit-code"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean "exit-codes"?'),
  });
  expect(await driver.run(["attahc"])).toMatchObject({
    code: 2,
    stderr: 'error: unknown command "attahc", did you mean "attach"?\n',
  });
  expect(await driver.run(["up", "--dryrun"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean "--dry-run"?'),
  });
});

withDriver("completion offers what a command takes, of every kind that it takes", async ({ driver }) => {
  await driver.serve();
  const object = (kind: string, name: string, spec: object) =>
    driver.write(
      `${name}.json`,
      JSON.stringify({ apiVersion: "tiltish.dev/v1alpha1", kind, metadata: { name }, spec }),
    );
  await object("CFAppSync", "shop", { appName: "shop", localPath: ".", disabled: true });
  await object("FileWatch", "sources", { paths: ["."], disabled: true });
  const applied = await driver.run(["apply", "-f", "shop.json", "-f", "sources.json"]);
  expect(applied).toMatchObject({ code: 0 });
  const complete = async (command: string) => (await driver.run(["__complete", command, "s"])).stdout;
  for (const command of ["logs", "trigger", "start", "stop", "restart", "cancel", "trace"])
    expect({ command, words: await complete(command) }).toEqual({ command, words: "shop\tCFAppSync\n" });
  for (const command of ["why", "enable", "disable", "graph"])
    expect({ command, words: await complete(command) }).toEqual({
      command,
      words: "shop-cf-watch\tFileWatch\nsources\tFileWatch\nshop\tCFAppSync\n",
    });
  for (const command of ["why", "enable", "graph"])
    expect(await driver.run([command, "shop"])).toMatchObject({ code: 0 });
});

withDriver(
  "completion offers names of the file, of the session, and of topics; in bash as it is used",
  async ({ driver }) => {
    const process = (name: string) =>
      `apiVersion: tiltish.dev/v1alpha1\nkind: LocalProcess\nmetadata: { name: ${name} }\nspec: { argv: [sleep, "1000"] }\n`;
    await driver.write("tiltish.yaml", `${process("api")}---\n${process("worker")}`);
    const complete = async (...words: string[]) => (await driver.run(["__complete", ...words])).stdout;
    expect(await complete("up", "")).toBe("api\tLocalProcess\nworker\tLocalProcess\n");
    expect(await complete("ci", "wo")).toBe("worker\tLocalProcess\n");
    expect(await complete("help", "exit")).toBe("exit-codes\tWhat commands end with\n");
    expect(await complete("logs", "a")).toBe("");
    await driver.run(["up", "-d"]);
    expect(await complete("logs", "a")).toBe("api\tLocalProcess\n");
    expect(await complete("logs", "--level", "w")).toBe("warn\n");

    const { stdout: script } = await driver.run(["completion", "bash"]);
    const program = `tiltish() { ${JSON.stringify(globalThis.process.execPath)} ${JSON.stringify(PROGRAM)} "$@"; }
${script}
COMP_LINE="tiltish logs wor" COMP_POINT=16; _tiltish 2>/dev/null; echo "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync("bash", ["-c", program], {
      cwd: driver.folder,
      env: driver.env,
      encoding: "utf8",
    });
    expect(stdout).toBe("worker\n");
    for (const shell of ["zsh", "fish", "powershell"]) {
      expect((await driver.run(["completion", shell])).stdout).toContain("tiltish __complete");
    }
    expect(await driver.run(["completion", "tcsh"])).toMatchObject({ code: 2 });
  },
);

const PROGRAM = new URL("../../dist/tiltish.js", import.meta.url).pathname;

withDriver(
  "colours: never where no terminal is, always if asked for; what says never wins",
  async ({ driver }) => {
    const hasColour = async (...args: string[]) =>
      (await driver.run(["doctor", ...args])).stdout.includes("\u001B[");
    expect(await hasColour()).toBe(false);
    expect(await hasColour("--color=always")).toBe(true);
    driver.env["FORCE_COLOR"] = "1";
    expect(await hasColour()).toBe(true);
    expect(await hasColour("--no-color")).toBe(false);
    expect(await hasColour("--color=never")).toBe(false);
    driver.env["NO_COLOR"] = "1";
    expect(await hasColour()).toBe(false);
  },
);
