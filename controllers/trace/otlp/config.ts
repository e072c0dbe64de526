/** Where spans go, and as whose. */
export interface OtlpConfig {
  url: string;
  headers: Record<string, string>;
  timeoutMs: number;
  /** Attributes of everything that is sent. */
  resource: Record<string, string>;
}

const DEFAULT_TIMEOUT_MS = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the environment variables of OpenTelemetry say; undefined if nothing is to be exported.
 *
 * @throws Error that names the variable whose value cannot be.
 */
export function otlpConfigOf(environment: Environment): OtlpConfig | undefined {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER = "otlp", OTEL_SERVICE_NAME } = environment;
  const url = urlOf(environment);
  if (!url || OTEL_SDK_DISABLED?.toLowerCase() === "true" || !OTEL_TRACES_EXPORTER.includes("otlp"))
    return undefined;
  const timeout = Number(specific(environment, "TIMEOUT"));
  return {
    url,
    headers: {
      ...pairsOf(environment["OTEL_EXPORTER_OTLP_HEADERS"]),
      ...pairsOf(environment["OTEL_EXPORTER_OTLP_TRACES_HEADERS"]),
    },
    timeoutMs: timeout > 0 ? timeout : DEFAULT_TIMEOUT_MS,
    resource: {
      "service.name": "tiltish",
      ...pairsOf(environment["OTEL_RESOURCE_ATTRIBUTES"]),
      ...(OTEL_SERVICE_NAME && { "service.name": OTEL_SERVICE_NAME }),
    },
  };
}

/** What is said of traces goes before what is said of everything. */
const specific = (environment: Environment, name: string): string | undefined =>
  environment[`OTEL_EXPORTER_OTLP_TRACES_${name}`] || environment[`OTEL_EXPORTER_OTLP_${name}`];

/** The address for traces is taken as it is; to the one for everything their path is added. */
function urlOf(environment: Environment): string | undefined {
  const own = environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
  if (own) return checked("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own);
  const base = environment["OTEL_EXPORTER_OTLP_ENDPOINT"];
  return base && checked("OTEL_EXPORTER_OTLP_ENDPOINT", `${base.replace(/\/+$/, "")}/v1/traces`);
}

function checked(variable: string, text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (protocol === "http:" || protocol === "https:") return text;
  throw new Error(`${variable} must be an address with http:// or https://`);
}

/** `key=value,key2=value2`, each percent-encoded, as in a W3C Baggage. What is no such pair is left out. */
function pairsOf(text = ""): Record<string, string> {
  const pairs = text.split(",").flatMap((pair): [string, string][] => {
    const at = pair.indexOf("=");
    return at > 0 ? [[decoded(pair.slice(0, at).trim()), decoded(pair.slice(at + 1).trim())]] : [];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
