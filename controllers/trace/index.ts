export { traceOfProcess, traceOfResource } from "./build-trace.ts";
export { traceOfSync } from "./sync-trace.ts";
export { exporterOf, type SpanExporter } from "./otlp/index.ts";
export { Tracer } from "./tracer.ts";
export { type Trace, TRACE_ANNOTATION, TRACED, type TraceStep } from "./trace.ts";
