import type { LocalProcessSpec } from "../../apis/v1alpha1/index.ts";
import { compilePattern } from "../../apis/regexp/index.ts";
import { LogLines, Prober, portOf, type ProbeSubject } from "./probes/index.ts";

type Probes = Pick<LocalProcessSpec, "startupProbe" | "readinessProbe" | "livenessProbe">;

export interface HealthListener {
  /** The startup probe has passed; at once, if there is none. */
  onStarted: () => void;
  /** Whether it is ready, or why not, has changed. */
  onChange: (turn: "ready" | "unready" | "detail") => void;
  /** It is broken, and only a new run can help. */
  onBroken: (message: string) => void;
}

/** What its probes say about one run. */
export class Health {
  readonly lines: LogLines;
  readonly #probes: Probes;
  readonly #listener: HealthListener;
  readonly #probers: Prober[] = [];
  #isReady = false;
  #message = "";

  /** @throws Error when a probe cannot work. Nothing should be started then. */
  constructor(probes: Probes, ports: Record<string, number>, listener: HealthListener) {
    for (const problem of problemsOf(probes, ports)) throw new Error(problem);
    this.#probes = probes;
    this.#listener = listener;
    const patterns = all(probes).flatMap(({ logLine }) => (logLine ? [logLine.pattern] : []));
    this.lines = new LogLines(patterns, () => this.#probers.forEach((prober) => prober.look()));
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Why it is not ready. */
  get message(): string {
    return this.#message;
  }

  start(subject: Omit<ProbeSubject, "hasLogLine">): void {
    const whole = { ...subject, hasLogLine: (pattern: string) => this.lines.has(pattern) };
    const { startupProbe } = this.#probes;
    if (!startupProbe) return this.#goOn(whole);
    const prober = new Prober({
      probe: startupProbe,
      subject: whole,
      onFailure: (message) => this.#explain(`startup probe: ${message}`),
      onTurn: ({ ok, message }) => {
        prober.stop();
        if (ok) this.#goOn(whole);
        else this.#listener.onBroken(`startup probe: ${message}`);
      },
    });
    this.#probers.push(prober);
  }

  stop(): void {
    for (const prober of this.#probers) prober.stop();
    this.#isReady = false;
  }

  #goOn(subject: ProbeSubject): void {
    const { readinessProbe, livenessProbe } = this.#probes;
    this.#isReady = readinessProbe === undefined;
    this.#message = "";
    if (readinessProbe) {
      this.#message = "the readiness probe has not passed yet";
      this.#probers.push(
        new Prober({
          probe: readinessProbe,
          subject,
          onFailure: (message) => this.#explain(message),
          onTurn: ({ ok, message }) => this.#turn(ok, message),
        }),
      );
    }
    if (livenessProbe) {
      const onTurn = ({ ok, message }: { ok: boolean; message: string }) => {
        if (!ok) this.#listener.onBroken(`liveness probe: ${message}`);
      };
      this.#probers.push(new Prober({ probe: livenessProbe, subject, onTurn }));
    }
    this.#listener.onStarted();
  }

  #turn(ok: boolean, message: string): void {
    this.#isReady = ok;
    this.#message = message;
    this.#listener.onChange(ok ? "ready" : "unready");
  }

  #explain(message: string): void {
    if (message === this.#message) return;
    this.#message = message;
    this.#listener.onChange("detail");
  }
}

const all = ({ startupProbe, readinessProbe, livenessProbe }: Probes) =>
  [startupProbe, readinessProbe, livenessProbe].filter((probe) => probe !== undefined);

/** The API refuses these; but not every object comes through our API. */
function problemsOf(probes: Probes, ports: Record<string, number>): string[] {
  return all(probes).flatMap((probe) => {
    const port = probe.httpGet?.port ?? probe.tcpSocket?.port;
    if (port !== undefined && !isPort(portOf(port, ports)))
      return [`a probe asks at port ${port}: no such port`];
    if (probe.logLine && !isPattern(probe.logLine.pattern))
      return [`a probe looks for ${JSON.stringify(probe.logLine.pattern)}: no regular expression`];
    return [];
  });
}

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536;

function isPattern(pattern: string): boolean {
  try {
    return Boolean(compilePattern(pattern));
  } catch {
    return false;
  }
}
