import { Ajv } from "ajv";
import {
  assert,
  boolean,
  constantFrom,
  integer,
  option,
  property,
  record,
  string,
  type Arbitrary,
} from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../apis/meta.ts";
import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { Pod } from "../../../apis/views/index.ts";
import { tableOf } from "../../../server/table/index.ts";

const CREATED = "2026-01-01T00:00:00Z";
const STARTED = "2026-01-01T00:10:00.123456Z";
const FINISHED = "2026-01-01T00:20:00.654321Z";
const BEFORE = { run: 2, startTime: STARTED, finishTime: FINISHED, exitCode: 3 };
const NOW = Date.parse("2026-01-01T00:25:00.654Z");

const spec = {
  argv: ["node", "server.js", "$(port:http)"],
  inheritEnv: true,
  initialRun: true,
  daemon: false,
  backoff: { initial: "500ms", max: "30s", resetAfter: "60s" },
  successExitCodes: [0, 7],
  stop: { signal: "SIGTERM", gracePeriodSeconds: 10 },
};

const processOf = (status?: object, { metadata = {}, ...fields }: { metadata?: object } & object = {}) => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind: "LocalProcess",
  metadata: {
    name: "web",
    namespace: "default",
    uid: "1-2",
    resourceVersion: "7",
    creationTimestamp: CREATED,
    ...metadata,
  },
  spec: { ...spec, ...fields },
  ...(status && { status: { host: "My_Host.local", ...status } }),
});

type PodObject = KubeObject & Pod;
const podOf = (process: object): PodObject => Pod.view!.read(process as KubeObject) as PodObject;
const shown = (status?: object, fields?: object) => podOf(processOf(status, fields));
const containerOf = (status?: object, fields?: object) => shown(status, fields).status.containerStatuses[0]!;

/** READY, STATUS and RESTARTS, as `kubectl get pods` prints them. */
const printed = (pod: KubeObject) =>
  tableOf(Pod, [pod], { includeObject: "None", now: NOW }).rows[0]!.cells.slice(1, 4);

const RUNNING = { state: "Running", pid: 42, run: 1, startTime: STARTED, ready: true, message: "" };

describe("every state of a process is one of a Pod, worded as in a cluster", () => {
  test.each<[string, object | undefined, string, unknown[]]>([
    ["a new process", undefined, "Pending", ["0/1", "ContainerCreating", "0"]],
    ["one that waits", { state: "Waiting", message: "waits for db" }, "Pending", ["0/1", "Waiting", "0"]],
    [
      "one that is about to start",
      { state: "Starting", run: 0 },
      "Pending",
      ["0/1", "ContainerCreating", "0"],
    ],
    [
      "one whose startup probe has not passed",
      { ...RUNNING, state: "Starting", ready: false },
      "Running",
      ["0/1", "Running", "0"],
    ],
    ["one that is ready", RUNNING, "Running", ["1/1", "Running", "0"]],
    ["one that is not ready", { ...RUNNING, ready: false }, "Running", ["0/1", "Running", "0"]],
    [
      "one that ran before",
      { ...RUNNING, run: 3, previousRun: BEFORE },
      "Running",
      ["1/1", "Running", "2 (5m ago)"],
    ],
    [
      "one that is being stopped",
      { ...RUNNING, state: "Stopping", ready: false },
      "Running",
      ["0/1", "Running", "0"],
    ],
    [
      "one that has done its work",
      { state: "Succeeded", run: 1, startTime: STARTED, finishTime: FINISHED, exitCode: 0 },
      "Succeeded",
      ["0/1", "Completed", "0"],
    ],
    [
      "one that failed",
      { state: "Failed", run: 1, startTime: STARTED, finishTime: FINISHED, exitCode: 1 },
      "Failed",
      ["0/1", "Error", "0"],
    ],
    [
      "one that crashes",
      {
        state: "BackOff",
        run: 3,
        startTime: STARTED,
        finishTime: FINISHED,
        exitCode: 1,
        previousRun: BEFORE,
      },
      "Running",
      ["0/1", "CrashLoopBackOff", "2 (5m ago)"],
    ],
    [
      "one that is disabled",
      { state: "Disabled", message: "disabled by spec.disabled" },
      "Pending",
      ["0/1", "Disabled", "0"],
    ],
  ])("%s", (_, status, phase, cells) => {
    const pod = shown(status);
    expect(pod.status.phase).toBe(phase);
    expect(printed(pod)).toEqual(cells);
  });

  test("one that is being deleted is Terminating, and says how long it is given", () => {
    const metadata = { deletionTimestamp: FINISHED };
    const pod = shown(RUNNING, { metadata });
    expect(printed(pod)).toEqual(["1/1", "Terminating", "0"]);
    expect(pod.metadata).toMatchObject({ deletionTimestamp: FINISHED, deletionGracePeriodSeconds: 0 });
    const over = { state: "Succeeded", run: 1, exitCode: 0 };
    expect(printed(shown(over, { metadata }))).toEqual(["0/1", "Completed", "0"]);
  });

  test("every state that a process can have is among these", () => {
    const { enum: states } = (
      LocalProcess.schema.properties.status as unknown as { properties: { state: { enum: string[] } } }
    ).properties.state;
    expect(states.toSorted()).toEqual(
      ["Waiting", "Starting", "Running", "Stopping", "Succeeded", "Failed", "BackOff", "Disabled"].toSorted(),
    );
  });
});

describe("a container says how it ended", () => {
  const ended = { run: 1, startTime: STARTED, finishTime: FINISHED };
  test.each<[string, object, object]>([
    ["by its exit code", { state: "Failed", exitCode: 3 }, { exitCode: 3, reason: "Error" }],
    ["by a signal", { state: "Failed", signal: "SIGKILL" }, { exitCode: 137, signal: 9, reason: "Error" }],
    [
      "by a signal that has no number here",
      { state: "Failed", signal: "SIGODD" },
      { exitCode: 255, reason: "Error" },
    ],
    [
      "with a code that counts as success",
      { state: "Succeeded", exitCode: 7 },
      { exitCode: 7, reason: "Completed" },
    ],
    ["with 0, and yet in vain", { state: "Failed", exitCode: 0 }, { exitCode: 0, reason: "Error" }],
    ["unseen", { state: "Failed" }, { exitCode: 137, reason: "ContainerStatusUnknown" }],
  ])("%s", (_, status, terminated) => {
    expect(containerOf({ ...ended, ...status }).state?.terminated).toEqual({
      startedAt: "2026-01-01T00:10:00Z",
      finishedAt: "2026-01-01T00:20:00Z",
      containerID: "tiltish://1-2/1",
      ...terminated,
    });
  });

  test("while it runs, the run before is its last state", () => {
    const { state, lastState, restartCount, containerID } = containerOf({
      ...RUNNING,
      run: 3,
      previousRun: BEFORE,
    });
    expect({ state, lastState, restartCount, containerID }).toEqual({
      state: { running: { startedAt: "2026-01-01T00:10:00Z" } },
      lastState: {
        terminated: {
          exitCode: 3,
          reason: "Error",
          startedAt: "2026-01-01T00:10:00Z",
          finishedAt: "2026-01-01T00:20:00Z",
          containerID: "tiltish://1-2/2",
        },
      },
      restartCount: 2,
      containerID: "tiltish://1-2/3",
    });
  });

  test("between two runs, the one that has ended is its last state", () => {
    const { state, lastState } = containerOf({
      state: "BackOff",
      ...ended,
      exitCode: 7,
      message: "exited with code 7",
    });
    expect(state).toEqual({ waiting: { reason: "CrashLoopBackOff", message: "exited with code 7" } });
    expect(lastState?.terminated).toMatchObject({ exitCode: 7, reason: "Completed" });
  });
});

describe("a Pod shows how its process is run", () => {
  test("program, arguments, environment, ports and policy", () => {
    const ports = [
      { name: "http", port: 0 },
      { name: "admin", port: 9000 },
      { name: "later", port: 0 },
    ];
    const fields = { ports, env: { A: "1" }, dir: "app", daemon: true, stop: { gracePeriodSeconds: 3 } };
    const pod = shown({ ...RUNNING, ports: { http: 40_000 } }, fields);
    expect(pod.spec).toMatchObject({
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 3,
      nodeName: "my-host.local",
      hostNetwork: true,
    });
    expect(pod.spec.containers).toMatchObject([
      {
        name: "process",
        image: "node",
        command: ["node"],
        args: ["server.js", "$(port:http)"],
        workingDir: "app",
        env: [{ name: "A", value: "1" }],
        ports: [
          { name: "http", containerPort: 40_000, hostPort: 40_000, protocol: "TCP" },
          { name: "admin", containerPort: 9000, hostPort: 9000, protocol: "TCP" },
        ],
      },
    ]);
    expect(shown(RUNNING, { restartPolicy: "OnFailure" }).spec.restartPolicy).toBe("OnFailure");
    expect(shown(RUNNING).spec.restartPolicy).toBe("Never");
  });

  test("probes that a Pod can have", () => {
    const numbers = {
      initialDelaySeconds: 0,
      periodSeconds: 10,
      timeoutSeconds: 1,
      successThreshold: 1,
      failureThreshold: 3,
    };
    const httpGet = { port: "http", path: "/", host: "localhost", scheme: "HTTP" };
    const [container] = shown(RUNNING, {
      readinessProbe: { ...numbers, httpGet },
      livenessProbe: { ...numbers, logLine: { pattern: "x" } },
      startupProbe: { ...numbers, exec: { command: ["true"] } },
    }).spec.containers;
    expect(container).toMatchObject({
      readinessProbe: { ...numbers, httpGet },
      startupProbe: { exec: { command: ["true"] } },
    });
    expect(container).not.toHaveProperty("livenessProbe");
  });

  test("the metadata of the process, but for what is about its fields", () => {
    const owner = {
      apiVersion: "tiltish.dev/v1alpha1",
      kind: "LocalResource",
      name: "web",
      uid: "9",
      controller: true,
    };
    const metadata = {
      labels: { app: "x" },
      annotations: { a: "b", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
      ownerReferences: [owner],
      managedFields: [{ manager: "kubectl" }],
      generation: 3,
    };
    expect(shown(RUNNING, { metadata }).metadata).toEqual({
      name: "web",
      namespace: "default",
      uid: "1-2",
      resourceVersion: "7",
      creationTimestamp: CREATED,
      labels: { app: "x" },
      annotations: { a: "b" },
      ownerReferences: [owner],
    });
  });

  test("where it is, once it has been started", () => {
    const placed = shown(RUNNING);
    expect(placed.status).toMatchObject({
      hostIP: "127.0.0.1",
      podIP: "127.0.0.1",
      podIPs: [{ ip: "127.0.0.1" }],
      startTime: CREATED,
      qosClass: "BestEffort",
    });
    const fresh = podOf(processOf());
    expect(fresh.status).not.toHaveProperty("podIP");
    expect(fresh.spec).not.toHaveProperty("nodeName");
    const wide = tableOf(Pod, [placed, fresh], { includeObject: "None" }).rows.map(({ cells }) =>
      cells.slice(5),
    );
    expect(wide).toEqual([
      ["127.0.0.1", "my-host.local", "<none>", "<none>"],
      ["<none>", "<none>", "<none>", "<none>"],
    ]);
  });

  test("its conditions, since when", () => {
    const conditions = [
      {
        type: "Ready",
        status: "True",
        reason: "Running",
        message: "",
        lastTransitionTime: "2026-01-01T00:11:00Z",
      },
    ];
    const readyOf = (status?: object) =>
      shown(status).status.conditions.filter(({ type }) => type === "Ready");
    expect(readyOf({ ...RUNNING, conditions })).toEqual([
      { type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:11:00Z" },
    ]);
    // A process that has done its work is as ready as it can be; a Pod is not.
    expect(readyOf({ state: "Succeeded", run: 1, exitCode: 0, finishTime: FINISHED, conditions })).toEqual([
      { type: "Ready", status: "False", reason: "PodCompleted", lastTransitionTime: "2026-01-01T00:20:00Z" },
    ]);
    const waiting = podOf({ ...processOf(), status: { state: "Waiting", message: "waits for db" } });
    expect(waiting.status.conditions.map(({ type, status }) => `${type} ${status}`)).toEqual([
      "PodScheduled False",
      "Initialized True",
      "ContainersReady False",
      "Ready False",
    ]);
    expect(waiting.status.conditions[0]).toMatchObject({ reason: "Waiting", message: "waits for db" });
  });
});

describe("whatever the status of a process, its Pod", () => {
  const maybe = <T>(value: Arbitrary<T>) => option(value, { nil: undefined });
  const time = constantFrom("2026-01-01T00:00:00.000000Z", "2026-12-31T23:59:59Z", "soon", "");
  const end = {
    run: integer(),
    startTime: maybe(time),
    finishTime: maybe(time),
    exitCode: maybe(integer()),
    signal: maybe(string()),
  };
  const anyStatus = record(
    {
      ...end,
      state: constantFrom(
        "Waiting",
        "Starting",
        "Running",
        "Stopping",
        "Succeeded",
        "Failed",
        "BackOff",
        "Disabled",
      ),
      pid: integer(),
      ready: boolean(),
      host: string(),
      message: string(),
      previousRun: record(end),
    },
    { requiredKeys: [] },
  );
  const ajv = new Ajv({ strict: false });
  ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const isPod = ajv.compile(JSON.parse(JSON.stringify(Pod.schema)) as object);

  test("is one that its schema describes, that can be printed, and whose container is in one state", () => {
    assert(
      property(option(anyStatus, { nil: undefined }), boolean(), (status, isBare) => {
        const process = processOf(undefined);
        const pod = podOf({ ...process, ...(!isBare && { status }) });
        const sent = JSON.parse(JSON.stringify(pod)) as KubeObject & Pod;
        expect(isPod(sent) || isPod.errors).toBe(true);
        expect(Object.keys(sent.status.containerStatuses[0]!.state!)).toHaveLength(1);
        expect((sent.spec.nodeName ?? "x").length).toBeLessThan(254);
        expect(sent.spec.nodeName ?? "x").toMatch(
          /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
        );
        expect(sent.status.containerStatuses[0]!.restartCount).toBeGreaterThanOrEqual(0);
        for (const cell of tableOf(Pod, [pod], { includeObject: "None" }).rows[0]!.cells)
          expect(cell).not.toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});
