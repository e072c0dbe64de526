import { get } from "node:http";
import { connect } from "node:net";

export interface HealthCheck {
  readonly type: "port" | "process" | "http";
  /** Path, for http. */
  readonly endpoint?: string | undefined;
  /** How long it may take to be healthy for the first time. */
  readonly timeoutSeconds: number;
}

/** Real cells wait longer; tests and people do not. */
export interface Timing {
  /** Between looks until it is healthy. */
  readonly startMs: number;
  /** Between looks from then on: one failure is the end of the container. */
  readonly intervalMs: number;
  /** How long an app has to end when told to. */
  readonly stopMs: number;
  /** After the third crash in a row. */
  readonly crashBackoffMs: number;
}

const ANSWER_MS = 1000;

/** Whether an app is fine, as its health check sees it. */
export function isHealthy({ type, endpoint = "/" }: HealthCheck, port: number): Promise<boolean> {
  if (type === "process") return Promise.resolve(true);
  return type === "port" ? listens(port) : answers(port, endpoint);
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const is = (fine: boolean) => () => {
      socket.destroy();
      resolve(fine);
    };
    socket.setTimeout(ANSWER_MS, is(false));
    socket.on("connect", is(true)).on("error", is(false));
  });

const answers = (port: number, path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ port, path, host: "127.0.0.1", timeout: ANSWER_MS, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
