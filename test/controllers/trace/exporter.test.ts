import { afterEach, beforeEach, expect, test } from "vitest";
import { otlpConfigOf } from "../../../controllers/trace/otlp/config.ts";
import { SpanExporter } from "../../../controllers/trace/otlp/exporter.ts";
import type { Trace } from "../../../controllers/trace/index.ts";
import { attributesOf, Collector } from "./collector.ts";

let collector: Collector;
beforeEach(async () => void (collector = await Collector.start()));
afterEach(() => collector.stop());

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const trace = (more: Partial<Trace> = {}): Trace => ({
  traceId,
  namespace: "default",
  object: "LocalResource/api",
  type: "FileChange",
  why: "src/a.ts changed",
  outcome: "ready",
  startTime: "2026-01-01T00:00:00.000001Z",
  endTime: "2026-01-01T00:00:01.500000Z",
  steps: [
    {
      name: "save",
      object: "FileWatch/src",
      spanId: "00f067aa0ba902b7",
      startTime: "2026-01-01T00:00:00.000001Z",
    },
    {
      name: "build",
      object: "LocalProcess/api-build",
      spanId: "00f067aa0ba902b8",
      parentId: "00f067aa0ba902b7",
      startTime: "2026-01-01T00:00:00.250000Z",
      endTime: "2026-01-01T00:00:01.000000Z",
    },
  ],
  ...more,
});

/** What is logged at the level of a warning. */
function exporterTo(url: string): { exporter: SpanExporter; complaints: object[] } {
  const complaints: object[] = [];
  const quiet = () => undefined;
  const log = {
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (fields: object) => void complaints.push(fields),
  };
  const config = otlpConfigOf({ OTEL_EXPORTER_OTLP_ENDPOINT: url })!;
  return { exporter: new SpanExporter(config, log), complaints };
}

test("spans are sent as OTLP/JSON: ids in hexadecimal, nanoseconds as text, parents named", async () => {
  const { exporter } = exporterTo(collector.url);
  exporter.add(trace());
  await expect.poll(() => collector.requests.length).toBe(1);
  const [{ path, headers } = { path: "", headers: {} }] = collector.requests;
  expect(path).toBe("/v1/traces");
  expect(headers["content-type"]).toBe("application/json");
  const [save, build] = collector.spans;
  expect(save).toMatchObject({
    traceId,
    spanId: "00f067aa0ba902b7",
    name: "save: src/a.ts changed",
    kind: 1,
    startTimeUnixNano: "1767225600000001000",
    endTimeUnixNano: "1767225601500000000",
    status: { code: 1 },
  });
  expect(save).not.toHaveProperty("parentSpanId");
  expect(build).toMatchObject({
    parentSpanId: "00f067aa0ba902b7",
    startTimeUnixNano: "1767225600250000000",
    endTimeUnixNano: "1767225601000000000",
  });
  expect(attributesOf(build!)).toMatchObject({ "tiltish.step": "build", "k8s.namespace.name": "default" });
  expect(collector.resource).toMatchObject({ "service.name": "tiltish" });
  await exporter.close();
});

test("what failed is an error, with why", async () => {
  const { exporter } = exporterTo(collector.url);
  const [root, build] = trace().steps;
  exporter.add(trace({ outcome: "failed", steps: [root!, { ...build!, error: "exited with code 3" }] }));
  await exporter.close();
  expect(collector.spans.map(({ status }) => status)).toEqual([
    { code: 2 },
    { code: 2, message: "exited with code 3" },
  ]);
});

test("spans go in batches, and what a collector cannot take now it gets later, once", async () => {
  const { exporter, complaints } = exporterTo(collector.url);
  collector.answer = { status: 503 };
  for (let i = 0; i < 300; i++) exporter.add(trace());
  await expect.poll(() => collector.requests.length).toBeGreaterThan(0);
  collector.answer = { status: 200 };
  collector.requests.splice(0);
  await expect.poll(() => collector.spans.length, { timeout: 10_000 }).toBe(600);
  expect(collector.requests.map(({ body }) => body.resourceSpans[0]!.scopeSpans[0]!.spans.length)).toEqual([
    512, 88,
  ]);
  expect(complaints).toEqual([{ collector: new URL(collector.url).host, problem: "HTTP 503" }]);
  await exporter.close();
});

test("what a collector refuses is not sent again, and said once", async () => {
  const { exporter, complaints } = exporterTo(collector.url);
  collector.answer = { status: 400 };
  for (const count of [1, 2]) {
    exporter.add(trace());
    await expect.poll(() => exporter.dropped).toBe(2 * count);
  }
  expect(complaints).toHaveLength(1);
  await exporter.close();
});

test("a collector that is not there costs no more than 2,048 spans, and no time at the end", async () => {
  const { exporter, complaints } = exporterTo(collector.url);
  await collector.stop();
  for (let i = 0; i < 5_000; i++) exporter.add(trace());
  expect(exporter.dropped).toBe(10_000 - 2_048);
  await expect.poll(() => complaints.length).toBe(1);
  expect(complaints).toMatchObject([{ problem: "ECONNREFUSED" }]);
  await exporter.close();
  expect(exporter.dropped).toBe(10_000);
  collector = await Collector.start();
});

test("the variables of OpenTelemetry say where to, with what headers, and as whom", () => {
  expect(otlpConfigOf({})).toBeUndefined();
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318/" };
  expect(otlpConfigOf(base)).toMatchObject({ url: "http://localhost:4318/v1/traces", timeoutMs: 10_000 });
  expect(otlpConfigOf({ ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://other/x" })?.url).toBe(
    "http://other/x",
  );
  const OTEL_EXPORTER_OTLP_HEADERS = "api-key=a%20b, x = y,nonsense";
  const headers = { ...base, OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x=z" };
  expect(otlpConfigOf(headers)?.headers).toEqual({ "api-key": "a b", x: "z" });
  const named = { ...base, OTEL_RESOURCE_ATTRIBUTES: "service.name=a,team=b", OTEL_SERVICE_NAME: "shop" };
  expect(otlpConfigOf(named)?.resource).toEqual({ "service.name": "shop", team: "b" });
  expect(otlpConfigOf({ ...base, OTEL_EXPORTER_OTLP_TIMEOUT: "500" })?.timeoutMs).toBe(500);
  for (const off of [{ OTEL_SDK_DISABLED: "true" }, { OTEL_TRACES_EXPORTER: "none" }])
    expect(otlpConfigOf({ ...base, ...off })).toBeUndefined();
  expect(() => otlpConfigOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" })).toThrow(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
  );
});
