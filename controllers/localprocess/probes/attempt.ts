import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { Probe } from "../../../apis/v1alpha1/index.ts";
import { runCommand } from "../os/command.ts";
import { expandPorts } from "../os/environment.ts";
import type { Program } from "../os/spawn.ts";

/** What a probe needs to know of the process that it asks about. */
export interface ProbeSubject {
  ports: Record<string, number>;
  /** For exec probes: they run where and as the process does. */
  dir: string;
  env: Record<string, string>;
  /** Whether a line of this run has matched. */
  hasLogLine: (pattern: string) => boolean;
}

export interface Answer {
  ok: boolean;
  /** Why not, in a few words: `tcp localhost:5432 refused`. */
  message: string;
}

const BODY_LIMIT = 10 * 1024;

/** Asks once. The signal ends it, and that counts as a failure. */
export async function attempt(probe: Probe, subject: ProbeSubject, timeout: AbortSignal): Promise<Answer> {
  if (probe.exec) return attemptExec(probe.exec.command, subject, timeout);
  if (probe.httpGet) return attemptHttp(probe.httpGet, subject, timeout);
  if (probe.tcpSocket) return attemptTcp(probe.tcpSocket, subject, timeout);
  if (probe.logLine) return attemptLogLine(probe.logLine.pattern, subject);
  return { ok: false, message: "the probe says nothing to do" };
}

async function attemptExec(command: string[], subject: ProbeSubject, timeout: AbortSignal): Promise<Answer> {
  const { dir, env, ports } = subject;
  const program: Program = { argv: command.map((word) => expandPorts(word, ports)), dir, env };
  const { exitCode, error, output } = await runCommand(program, timeout);
  if (exitCode === 0) return { ok: true, message: "" };
  const said = output ? `: ${output.slice(0, 200)}` : "";
  return { ok: false, message: `exec ${command[0]} ${error ?? `exited with ${exitCode}`}${said}` };
}

function attemptHttp(
  { scheme, host, port, path, httpHeaders = [], statusCodes }: NonNullable<Probe["httpGet"]>,
  { ports }: ProbeSubject,
  signal: AbortSignal,
): Promise<Answer> {
  const request = scheme === "HTTPS" ? httpsRequest : httpRequest;
  const number = portOf(port, ports);
  const what = `${scheme.toLowerCase()} ${host}:${number}${path}`;
  const wanted = statusCodes ? `, not ${statusCodes.join(" or ")}` : "";
  const headers: Record<string, string> = { "user-agent": "tiltish-probe", accept: "*/*" };
  for (const { name, value } of httpHeaders) headers[name.toLowerCase()] = value;
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ ok: false, message: `${what} ${reasonOf(error, signal)}` });
    try {
      const options = { host, port: number, path, headers, signal, agent: false, rejectUnauthorized: false };
      const sent = request(options, (response) => {
        const { statusCode = 0 } = response;
        const ok = statusCodes?.includes(statusCode) ?? (statusCode >= 200 && statusCode < 400);
        let bytes = 0;
        // Read, so that the server does not log a broken pipe; but not for ever.
        response.on("data", (chunk: Buffer) => (bytes += chunk.length) > BODY_LIMIT && response.destroy());
        response.on("error", () => undefined);
        response.on("close", () =>
          resolve({ ok, message: ok ? "" : `${what} answered ${statusCode}${wanted}` }),
        );
      });
      sent.on("upgrade", ({ statusCode }, socket) => {
        socket.destroy();
        resolve({ ok: false, message: `${what} answered ${statusCode}` });
      });
      sent.on("error", fail).end();
    } catch (error) {
      fail(error as Error); // a header or path that cannot be sent
    }
  });
}

function attemptTcp(
  { host, port }: NonNullable<Probe["tcpSocket"]>,
  { ports }: ProbeSubject,
  signal: AbortSignal,
): Promise<Answer> {
  const number = portOf(port, ports);
  return new Promise((resolve) => {
    const socket = connect({ host, port: number, signal });
    socket.once("connect", () => resolve({ ok: true, message: "" }));
    socket.once("connect", () => socket.destroy());
    socket.once("error", (error) =>
      resolve({ ok: false, message: `tcp ${host}:${number} ${reasonOf(error, signal)}` }),
    );
  });
}

function attemptLogLine(pattern: string, { hasLogLine }: ProbeSubject): Answer {
  const ok = hasLogLine(pattern);
  return { ok, message: ok ? "" : `no line of the log matches ${JSON.stringify(pattern)} yet` };
}

export const portOf = (port: number | string, ports: Record<string, number>): number =>
  typeof port === "number" ? port : (ports[port] ?? Number(port));

function reasonOf(error: Error, signal: AbortSignal): string {
  if (signal.aborted) return "timed out";
  const { code } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    ECONNREFUSED: "refused",
    ECONNRESET: "closed the connection",
    ENOTFOUND: "has no such host",
  };
  return (code && words[code]) ?? code ?? error.message;
}
