import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { FileWatch, LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { type Trace, TRACE_ANNOTATION } from "../../../controllers/trace/index.ts";
import { test } from "../../helpers/instance.ts";
import { Collector, type Span } from "./collector.ts";

let collector: Collector;
beforeEach(async () => {
  collector = await Collector.start();
  process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url;
  process.env["OTEL_SERVICE_NAME"] = "shop";
});
afterEach(async () => {
  delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  delete process.env["OTEL_SERVICE_NAME"];
  await collector.stop();
});
const sh = (script: string) => ["sh", "-c", script];
const tracesOf = async (client: Client): Promise<Trace[]> =>
  (await client.list(Event)).items
    .filter(({ reason }) => reason === "Traced")
    .map(({ metadata }) => JSON.parse(metadata.annotations![TRACE_ANNOTATION]!) as Trace);
const stepsOf = ({ steps }: Trace) => steps.map(({ name }) => name);

test("a save is one trace, from the file to the server that answers, and its processes are within it", async ({
  client,
  root,
}) => {
  await mkdir(path.join(root, "src"));
  await client.create(LocalResource, "api", {
    watch: { paths: ["src"] },
    buildTemplate: { argv: sh("echo b $TRACEPARENT >> seen; sleep 0.1"), env: { KEY: "s3cret" } },
    serveTemplate: {
      argv: sh("echo s $TRACEPARENT >> seen; exec sleep 1000"),
      env: { KEY: "s3cret" },
      readinessProbe: { exec: { command: sh("echo p $TRACEPARENT >> seen") } },
    },
  });
  await client.waitFor(LocalResource, "api", "Ready", { timeoutMs: 10_000 });
  await client.waitFor(FileWatch, "api-watch", "Ready", { timeoutMs: 10_000 });
  await writeFile(path.join(root, "src/a.ts"), "1");
  await expect.poll(async () => (await tracesOf(client)).map(({ type }) => type)).toContain("FileChange");
  const trace = (await tracesOf(client)).find(({ type }) => type === "FileChange")!;
  expect(trace).toMatchObject({ object: "LocalResource/api", outcome: "ready", namespace: "default" });
  expect(stepsOf(trace)).toEqual(["save", "debounce", "queue", "build", "stop", "start", "ready"]);
  const event = (await client.get(FileWatch, "api-watch"))!.status!.events!.at(-1)!;
  expect(event.traceparent).toContain(trace.traceId);
  const [save, , , build, stop, start, ready] = trace.steps;
  expect(build!.parentId).toBe(save!.spanId);
  const times = [
    save!.startTime,
    build!.startTime,
    build!.endTime!,
    stop!.endTime!,
    start!.endTime!,
    ready!.endTime!,
  ];
  expect(times).toEqual(times.toSorted());
  expect(trace.endTime).toBe(ready!.endTime);

  const seen = (await readFile(path.join(root, "seen"), "utf8")).trim().split("\n");
  expect(seen).toContain(`b 00-${trace.traceId}-${build!.spanId}-01`);
  expect(seen).toContain(`s 00-${trace.traceId}-${start!.spanId}-01`);
  expect(seen.filter((line) => line.startsWith("p ") && line.includes(trace.traceId))).not.toEqual([]);

  await expect.poll(() => collector.spans.filter(({ traceId }) => traceId === trace.traceId).length).toBe(7);
  const spans = collector.spans.filter(({ traceId }) => traceId === trace.traceId);
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  expect(roots.map(({ spanId }) => spanId)).toEqual([save!.spanId]);
  expect(
    spans.filter((span) => span !== roots[0]).every(({ parentSpanId }) => parentSpanId === save!.spanId),
  ).toBe(true);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(7);
  const isInOrder = ({ startTimeUnixNano, endTimeUnixNano }: Span) =>
    BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano);
  expect(spans.every(isInOrder)).toBe(true);
  expect(collector.resource).toMatchObject({ "service.name": "shop" });
  expect(JSON.stringify(collector.requests.map(({ body }) => body))).not.toContain("s3cret");
});

test("a build that fails ends its trace, and a newer cause that of what has not come to its end", async ({
  client,
}) => {
  await client.create(LocalResource, "api", {
    buildTemplate: { argv: sh("exit 3") },
    serveTemplate: { argv: sh("exec sleep 1000") },
  });
  await expect.poll(async () => (await tracesOf(client)).map(({ outcome }) => outcome)).toEqual(["failed"]);
  const [failed] = await tracesOf(client);
  expect(failed!.steps.at(-1)).toMatchObject({
    name: "build",
    error: expect.stringContaining("3") as string,
  });
  const readinessProbe = { exec: { command: ["false"] } };
  await client.patch(LocalResource, "api", {
    spec: { buildTemplate: { argv: ["true"] }, serveTemplate: { readinessProbe } },
  });
  await expect.poll(async () => (await client.get(LocalProcess, "api-serve"))?.status?.state).toBe("Running");
  await client.patch(LocalResource, "api", { metadata: { annotations: { [TRIGGER_ANNOTATION]: "again" } } });
  await expect
    .poll(async () => (await tracesOf(client)).map(({ outcome }) => outcome).toSorted())
    .toEqual(["failed", "superseded"]);
});

test("a process that belongs to no resource is traced by itself, and inputs are in no trace", async ({
  client,
}) => {
  await client.create(LocalProcess, "job", { argv: ["true"] });
  await expect.poll(async () => (await tracesOf(client)).map(({ outcome }) => outcome)).toHaveLength(1);
  const value = JSON.stringify({
    type: "Trigger",
    time: `${new Date().toISOString().slice(0, 23)}000Z`,
    traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
    inputs: { PASSWORD: "s3cret" },
  });
  await client.patch(LocalProcess, "job", { metadata: { annotations: { [TRIGGER_ANNOTATION]: value } } });
  await expect
    .poll(async () => (await tracesOf(client)).map(({ traceId }) => traceId))
    .toContain("a".repeat(32));
  expect(JSON.stringify((await client.list(Event)).items)).not.toContain("s3cret");
});
