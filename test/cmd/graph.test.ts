import { expect, test } from "vitest";
import { paintFor } from "../../cmd/cli/color.ts";
import { closureOf } from "../../cmd/graph/closure.ts";
import { dotText, jsonText, mermaidText } from "../../cmd/graph/formats.ts";
import { graphOf } from "../../cmd/graph/model.ts";
import { unmetOf } from "../../cmd/graph/problems.ts";
import { treeText } from "../../cmd/graph/tree.ts";
import { viewOf } from "../../cmd/graph/view.ts";
import { test as withDriver } from "./driver.ts";

const object = (kind: string, name: string, spec: object = {}, more: object = {}) => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind,
  metadata: { name, namespace: "default", ...more },
  spec,
});
const on = (...names: string[]) => ({
  dependsOn: names.map((name) => ({ kind: "LocalProcess", name, condition: "Ready" })),
});
const ready = (status: "True" | "False", message = "") => ({
  status: {
    state: status === "True" ? "Running" : "Failed",
    message,
    conditions: [{ type: "Ready", status }],
  },
});
const PROJECT = [
  object("FileWatch", "src", { paths: ["src"], selector: { matchLabels: { group: "back" } } }),
  object("LocalResource", "api", { ...on("db"), restartOn: { fileWatches: ["src"] }, serveTemplate: {} }),
  { ...object("LocalProcess", "db"), ...ready("False", "exited with code 1") },
  object("LocalProcess", "worker", on("db", "api-serve"), { labels: { group: "back" } }),
  object("LocalProcess", "web", { ...on("db"), restartOn: { selector: { team: "x" } } }),
];
const text = (objects: object[]) => treeText(viewOf(graphOf(objects as typeof PROJECT)), paintFor(false));

test("a graph is a tree of what each needs, with its state and what blocks; what several need is told once", () => {
  expect(text(PROJECT)).toBe(`worker  LocalProcess
├─ db  LocalProcess  Failed  (dependsOn, Ready)  blocks  · exited with code 1
├─ api  LocalResource  (dependsOn, Ready)
│  ├─ db  LocalProcess  Failed  (dependsOn, Ready)  blocks  · exited with code 1
│  └─ src  FileWatch  (restartOn)
└─ src  FileWatch  (selector)
web  LocalProcess
└─ db  LocalProcess  Failed  (dependsOn, Ready)  blocks  · exited with code 1
`);
});

test("the closure of a name is what it needs, by the edge that pulled each in", () => {
  const closure = closureOf(graphOf(PROJECT), ["worker"]);
  expect([...closure].map(([key, edge]) => [key, edge?.from])).toEqual([
    ["default/LocalProcess/worker", undefined],
    ["default/LocalProcess/db", "default/LocalProcess/worker"],
    ["default/LocalResource/api", "default/LocalProcess/worker"],
    ["default/FileWatch/src", "default/LocalProcess/worker"],
  ]);
  expect([...closureOf(graphOf(PROJECT), ["lp/web", "LocalResource/api"]).keys()]).toHaveLength(4);
  expect(() => closureOf(graphOf(PROJECT), ["lr/web"])).toThrow('nothing is called "lr/web"');
});

test("a cycle is named, once", () => {
  const circle = [
    object("LocalProcess", "a", on("b")),
    object("LocalProcess", "b", on("c")),
    object("LocalProcess", "c", on("a")),
  ];
  expect(text(circle)).toContain("      └─ a  LocalProcess  (dependsOn, Ready)");
  expect(text(circle).match(/^cycle: .*$/gm)).toEqual([
    "cycle: LocalProcess/a → LocalProcess/b → LocalProcess/c → LocalProcess/a",
  ]);
});

test("what can never be is found before anything runs", () => {
  const problems = (...objects: typeof PROJECT) => unmetOf(graphOf(objects)).map(({ message }) => message);
  const waits = (kind: string, name: string, condition = "Ready") =>
    object("LocalProcess", "x", { dependsOn: [{ kind, name, condition }] });
  const db = object("LocalProcess", "db", { daemon: true });
  const lib = object("LocalResource", "lib", { serveTemplate: {} });
  expect(problems(db, waits("LocalProcess", "bd"))).toEqual([
    'waits for LocalProcess/bd, which is not there, did you mean "db"?',
  ]);
  expect(problems(db, waits("LocalResource", "db"))).toEqual([
    "waits for LocalResource/db, which is not there: LocalProcess/db is",
  ]);
  expect(problems(db, waits("LocalProcess", "db", "Completed"))[0]).toContain("always run again");
  expect(problems(db, waits("LocalProcess", "db", "Redy"))[0]).toContain('did you mean "Ready"?');
  expect(problems(lib, waits("LocalResource", "lib", "BuildSucceeded"))[0]).toContain(
    "it has no buildTemplate",
  );
  const manual = object("LocalResource", "lib", { initialRun: false });
  expect(problems(manual, waits("LocalResource", "lib"))[0]).toContain("tiltish trigger lib");
  expect(problems(db, lib, waits("LocalProcess", "db"), waits("LocalResource", "lib", "Serving"))).toEqual(
    [],
  );
});

test("dot, mermaid and JSON say the same", () => {
  const view = viewOf(graphOf([object("LocalProcess", 'a"b', on("gone"))]));
  expect(dotText(view)).toContain(
    '"default/LocalProcess/a\\"b" -> "default/LocalProcess/gone" [label="dependsOn, Ready", color="#b00020"];',
  );
  expect(mermaidText(view)).toBe(`graph LR
  n0["a#quot;b<br/>LocalProcess"]
  n1["gone<br/>LocalProcess<br/>not there"]
  n0 -->|"dependsOn, Ready"| n1
  classDef missing stroke:#b00020,stroke-dasharray:4
  class n1 missing
`);
  expect(JSON.parse(jsonText(view))).toMatchObject({
    nodes: [{ ref: 'LocalProcess/a"b' }, { ref: "LocalProcess/gone", isMissing: true }],
    edges: [{ from: 'LocalProcess/a"b', to: "LocalProcess/gone", via: "dependsOn", isMet: false }],
  });
});

withDriver("graph works on a file without a server, and on a session with its states", async ({ driver }) => {
  const lp = (name: string, more: string) =>
    `apiVersion: tiltish.dev/v1alpha1\nkind: LocalProcess\nmetadata: { name: ${name} }\nspec: { argv: [sleep, "1000"], daemon: true${more} }\n`;
  await driver.write(
    "tiltish.yaml",
    `${lp("db", "")}---\n${lp("api", ", dependsOn: [{ kind: LocalProcess, name: db }]")}`,
  );
  const file = "api  LocalProcess\n└─ db  LocalProcess  (dependsOn, Ready)\n";
  expect(await driver.run(["graph", "-f", "tiltish.yaml"])).toMatchObject({
    code: 0,
    stdout: file,
    stderr: "",
  });
  expect(await driver.run(["graph"])).toMatchObject({
    stdout: file,
    stderr: "no session runs here; this is what the file says\n",
  });
  await driver.run(["up", "--wait"]);
  expect((await driver.run(["graph", "api"])).stdout).toBe(
    "api  LocalProcess  Running\n└─ db  LocalProcess  Running  (dependsOn, Ready)\n",
  );
  expect(await driver.run(["graph", "pai"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('mean "api"?'),
  });
});
