import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { argvOf, validName, watchesItself } from "../../cmd/init/draft.ts";
import { fromCompose } from "../../cmd/init/from/compose.ts";
import { fromPackageJson } from "../../cmd/init/from/packagejson.ts";
import { fromProcessCompose } from "../../cmd/init/from/processcompose.ts";
import { fromProcfile } from "../../cmd/init/from/procfile.ts";
import { fromTiltfile } from "../../cmd/init/from/tiltfile.ts";
import { test as withDriver } from "./driver.ts";

test("a command is cut into words, or given to a shell where only that understands it", () => {
  expect(argvOf("node  server.js")).toEqual(["node", "server.js"]);
  expect(argvOf("A=1 node x")).toEqual(["sh", "-c", "A=1 node x"]);
  expect(argvOf("a | b")).toEqual(["sh", "-c", "a | b"]);
  expect(validName("@Me/My_Shop!")).toBe("me-my-shop");
  expect(validName("☃")).toBe("main");
  expect(watchesItself("vite --port 3000")).toBe(true);
  expect(watchesItself("node server.js")).toBe(false);
});

test("a Procfile gives a server for each line, with a port where it asks for one, after its release", () => {
  const { drafts, skipped } = fromProcfile(
    "web: node x -p $PORT\nrelease: ./migrate.sh\n# note\njunk\n",
    true,
  );
  expect(drafts).toMatchObject([
    {
      kind: "LocalResource",
      name: "web",
      spec: {
        watch: { paths: ["."], ignoreFiles: [".gitignore"] },
        serveTemplate: {
          argv: ["sh", "-c", "node x -p $PORT"],
          env: { PORT: "$(port:http)" },
          ports: [{ name: "http" }],
        },
        dependsOn: [{ kind: "LocalProcess", name: "release", condition: "Completed" }],
      },
    },
    { kind: "LocalProcess", name: "release", spec: { argv: ["./migrate.sh"], restartPolicy: "Never" } },
  ]);
  expect(skipped).toEqual(['line 4: is no "name: command"']);
});

test("a package.json gives its server, built first, and its tests by hand", () => {
  const text = JSON.stringify({
    name: "@me/shop",
    scripts: { build: "tsc", start: "node dist", test: "vitest", x: "y" },
  });
  const { drafts, skipped } = fromPackageJson(text, new Set(["pnpm-lock.yaml"]));
  expect(drafts).toMatchObject([
    {
      name: "shop",
      spec: {
        watch: { ignores: expect.arrayContaining(["/dist/"]) },
        buildTemplate: { argv: ["pnpm", "run", "build"] },
        serveTemplate: { argv: ["pnpm", "run", "start"] },
      },
    },
    { name: "test", spec: { triggerMode: "Manual", initialRun: false } },
  ]);
  expect(skipped).toEqual(['script "x": add it by hand if it belongs to the loop']);
  const vite = fromPackageJson('{"scripts":{"dev":"vite"}}', new Set()).drafts[0]!;
  expect(vite.spec).toEqual({ serveTemplate: { argv: ["npm", "run", "dev"], restartPolicy: "OnFailure" } });
  expect(() => fromPackageJson("{", new Set())).toThrow("error: package.json: ");
});

test("a compose file gives a process for each service, with its health check and its order", () => {
  const { drafts } = fromCompose(
    `services:
  db: { image: postgres, healthcheck: { test: [CMD-SHELL, pg_isready] } }
  web: { build: ., depends_on: { db: { condition: service_healthy } }, ports: ["127.0.0.1:8080:80/tcp"] }
  dbg: { image: x, profiles: [debug], depends_on: [web] }
`,
    "docker-compose.yml",
  );
  const compose = ["docker", "compose", "-f", "docker-compose.yml"];
  expect(drafts).toMatchObject([
    {
      spec: {
        readinessProbe: { exec: { command: [...compose, "exec", "-T", "db", "sh", "-c", "pg_isready"] } },
      },
    },
    {
      spec: {
        argv: [...compose, "up", "--no-deps", "--no-log-prefix", "--no-color", "web"],
        readinessProbe: { tcpSocket: { port: 8080 } },
        dependsOn: [{ kind: "LocalProcess", name: "db", condition: "Ready" }],
      },
    },
    { spec: { disabled: true, dependsOn: [{ name: "web", condition: "Started" }] } },
  ]);
});

test("a process-compose.yaml keeps probes, policies and order; what has no place here is told", () => {
  const { drafts, skipped } = fromProcessCompose(
    `environment: [A=1]
processes:
  db:
    command: postgres
    readiness_probe: { http_get: { port: 80, path: /ok }, period_seconds: 2 }
    availability: { restart: on_failure, backoff_seconds: 2, max_restarts: 3 }
    shutdown: { signal: 2, timeout_seconds: 5 }
  api: { command: node x, ready_log_line: "is ready (1)", depends_on: { db: { condition: process_healthy } }, is_tty: true }
  none: {}
`,
    "process-compose.yaml",
  );
  expect(drafts).toMatchObject([
    {
      spec: {
        env: { A: "1" },
        restartPolicy: "OnFailure",
        maxRestarts: 3,
        backoff: { initial: "2s" },
        readinessProbe: { httpGet: { port: 80, path: "/ok" }, periodSeconds: 2 },
        stop: { signal: "SIGINT", gracePeriodSeconds: 5 },
      },
    },
    {
      spec: {
        readinessProbe: { logLine: { pattern: "is ready \\(1\\)" } },
        dependsOn: [{ kind: "LocalProcess", name: "db", condition: "Ready" }],
      },
    },
  ]);
  expect(skipped).toEqual(["none: has no command", "api.is_tty: there is no such thing here"]);
});

test("of a Tiltfile each local_resource with literal arguments is taken over; the rest is told, with its line", () => {
  const { drafts, skipped } = fromTiltfile(`
# local_resource('commented', 'x')
docker_build('img', '.')
local_resource(
  'api', cmd=['go', 'build'],  # a comment with ) in it
  serve_cmd='./api | ' "tee log", deps=['cmd', "internal"], resource_deps=['gen'],
  serve_env={'A': 'x y'}, links=['http://localhost:1'], labels=['back'],
)
local_resource('e2e', 'npm run e2e ' + x)
local_resource("gen", """make \\
gen""", trigger_mode=TRIGGER_MODE_MANUAL, auto_init=False, allow_parallel=True)
for i in range(3):
  local_resource('x', 'true')
`);
  expect(drafts).toMatchObject([
    {
      name: "api",
      labels: { back: "true" },
      spec: {
        watch: { paths: ["cmd", "internal"] },
        buildTemplate: { argv: ["go", "build"] },
        serveTemplate: { argv: ["sh", "-c", "./api | tee log"], env: { A: "x y" } },
        dependsOn: [{ kind: "LocalResource", name: "gen" }],
        links: [{ url: "http://localhost:1" }],
      },
    },
    { name: "gen", spec: { triggerMode: "Manual", initialRun: false, allowParallel: true } },
  ]);
  expect(skipped).toEqual([
    "line 3: docker_build(…): only local_resource is taken over",
    "line 9: local_resource whose arguments are computed",
    "line 13: local_resource inside of something else: only the Tiltfile knows when it applies",
  ]);
});

withDriver(
  "init writes a commented file that passes a dry run and runs, and never writes over one",
  async ({ driver }) => {
    const processes = `processes:
  job: { command: "echo working" }
  api: { command: "echo is ready; exec sleep 1000", ready_log_line: is ready, depends_on: { job: { condition: process_completed } } }
`;
    await driver.write("process-compose.yaml", processes);
    const init = await driver.run(["init"]);
    expect(init).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("wrote tiltish.yaml from process-compose.yaml: job, api\n"),
    });
    const text = await readFile(driver.path("tiltish.yaml"), "utf8");
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/node_modules\/tiltish\/schema\/all\.json\n/);
    expect(text).toContain("# process-compose: api\n");
    expect(await driver.run(["up", "--dry-run"])).toMatchObject({ code: 0, stderr: "" });
    expect(await driver.run(["ci"])).toMatchObject({ code: 0 });

    const again = await driver.run(["init"]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("--force writes over it") });
    expect(await readFile(driver.path("tiltish.yaml"), "utf8")).toBe(text);
    await driver.write("Procfile", "web: sleep 1000\n");
    expect(await driver.run(["init", "--from", "Procfile", "--print"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("# Procfile: web"),
    });
    expect(await readFile(driver.path("tiltish.yaml"), "utf8")).toBe(text);
    expect(await driver.run(["init", "--from", "Procfile", "--force"])).toMatchObject({ code: 0 });
    expect(await driver.run(["ci"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ok +web:serve/),
    });
  },
);

withDriver(
  "init finds what a folder has, and writes a beginning where there is nothing",
  async ({ driver }) => {
    const from = async (folder: string) => {
      const { stdout, stderr } = await driver.run(["init", "--print", "-C", driver.path(folder)]);
      return { text: stdout, from: /^made from (.*):/.exec(stderr)?.[1] };
    };
    await driver.write("go/go.mod", "module x\n");
    await driver.write("go/cmd/api/main.go", "package main\n");
    expect(await from("go")).toMatchObject({
      from: "go.mod",
      text: expect.stringContaining("argv: [go, build, -o, bin/api, ./cmd/api]"),
    });
    await driver.write("py/requirements.txt", "");
    await driver.write("py/app.py", "");
    expect(await from("py")).toMatchObject({
      from: "Python",
      text: expect.stringContaining("argv: [python3, app.py]"),
    });
    await driver.write("rust/Cargo.toml", '[package]\nname = "srv"\n');
    await driver.write("rust/src/main.rs", "");
    expect(await from("rust")).toMatchObject({
      from: "Cargo.toml",
      text: expect.stringContaining("./target/debug/srv"),
    });
    await driver.write("make/Makefile", "build: x\nrun:\n\t./x\nVAR := 1\n");
    expect(await from("make")).toMatchObject({
      from: "Makefile",
      text: expect.stringContaining("argv: [make, run]"),
    });
    await driver.write("none/readme", "");
    expect(await from("none")).toMatchObject({
      from: "nothing",
      text: expect.stringContaining("name: hello"),
    });
    for (const file of ["none/readme", "nope"]) {
      expect(await driver.run(["init", "--from", file])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`--from ${file}: `),
      });
    }
    await driver.write("docker-compose.yml", "a: [");
    expect(await driver.run(["init", "--from", "docker-compose.yml"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: docker-compose\.yml: /),
    });
  },
);
