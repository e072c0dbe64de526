import { get } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { CommitOutcome, Readiness } from "../../apis/fastpush.ts";
import type { Supervisor } from "./supervisor.ts";

const HOST = "127.0.0.1";
const [LOOK_MS, ASK_MS, ALIVE_MS] = [20, 1000, 200];
const DEFAULT_TIMEOUT_MS = 60_000;

/** What is known of one start of the app. */
export interface Awaited {
  readonly pid: number;
  readonly readiness: Readiness | undefined;
  /** Aborted with the revision that came after this one. */
  readonly superseded: AbortSignal;
}

/** Waits until the process answers, ends, is replaced, or has had its time. */
export async function whenReady(
  supervisor: Supervisor,
  { pid, readiness, superseded }: Awaited,
): Promise<CommitOutcome> {
  const since = Date.now();
  const timeoutMs = readiness ? readiness.timeoutSeconds * 1000 : DEFAULT_TIMEOUT_MS;
  for (;;) {
    if (superseded.aborted) return { result: "superseded", by: String(superseded.reason) };
    if (pid === 0 || supervisor.state.pid !== pid) return crashed(supervisor);
    const isReady = await isUp(readiness, Date.now() - since);
    if (isReady && supervisor.state.pid === pid) return { result: "ready", pid };
    if (Date.now() - since > timeoutMs) return { result: "notready", pid, output: supervisor.output.tail() };
    await delay(LOOK_MS);
  }
}

async function crashed(supervisor: Supervisor): Promise<CommitOutcome> {
  const output = await supervisor.lastLines();
  return { result: "crashed", exit: supervisor.state.exit, output };
}

async function isUp(readiness: Readiness | undefined, passedMs: number): Promise<boolean> {
  // Nothing to ask: it has run for a moment without exiting.
  if (readiness?.port === undefined) return passedMs > ALIVE_MS;
  return readiness.path ? answers(readiness.port, readiness.path) : listens(readiness.port);
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: HOST, port, timeout: ASK_MS });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.on("connect", () => end(true));
    for (const event of ["error", "timeout"]) socket.on(event, () => end(false));
  });

const answers = (port: number, path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ host: HOST, port, path, timeout: ASK_MS, agent: false }, (response) => {
      response.destroy();
      resolve(response.statusCode! >= 200 && response.statusCode! < 400);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
  });
