import { hostname } from "node:os";
import type { Log } from "../../../client/index.ts";
import { otlpConfigOf } from "./config.ts";
import { SpanExporter } from "./exporter.ts";

export { SpanExporter } from "./exporter.ts";

/** Sends traces to where the environment says; undefined if it says nothing, or nothing that can be understood. */
export function exporterOf(
  environment: Readonly<Record<string, string | undefined>>,
  log: Log,
): SpanExporter | undefined {
  try {
    const config = otlpConfigOf(environment);
    if (!config) return undefined;
    const machine = {
      "host.name": hostname(),
      "process.pid": String(process.pid),
      "telemetry.sdk.name": "tiltish",
    };
    return new SpanExporter({ ...config, resource: { ...machine, ...config.resource } }, log);
  } catch (error) {
    log.warn({ problem: (error as Error).message }, "traces are not exported");
    return undefined;
  }
}
