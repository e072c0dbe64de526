import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import type { ServerChannel, Session } from "ssh2";
import type { Container } from "../instances/container.ts";

const SFTP_SERVERS = ["lib/openssh", "libexec/openssh", "lib/ssh", "libexec"].map(
  (directory) => `/usr/${directory}/sftp-server`,
);

/** What a session may run is a process in the container: a command, a shell, or the sftp server that is there. */
export function serveSession(session: Session, container: Container, started: () => void): void {
  let running: ChildProcess | undefined;
  let terminal: string | undefined;
  const env: Record<string, string> = {};
  session.on("env", (accept, _reject, { key, val }: { key: string; val: string }) => {
    env[key] = val;
    // Not asked for by everybody, whatever the types say.
    (accept as (() => void) | undefined)?.();
  });
  session.on("pty", (accept, _reject, info) => {
    terminal = (info as { term?: string }).term || "xterm";
    (accept as (() => void) | undefined)?.();
  });
  session.on("window-change", (accept) => (accept as (() => void) | undefined)?.());
  session.on("signal", (accept, _reject, { name }) => {
    signal(running, `SIG${name}`);
    (accept as (() => void) | undefined)?.();
  });
  const run = (channel: ServerChannel, command: string): void => {
    if (container.signal.aborted) return channel.close();
    started();
    const asked = terminal === undefined ? command : inTerminal(command);
    running = container.run(asked, { ...env, ...(terminal !== undefined && { TERM: terminal }) });
    connect(channel, running);
  };
  session.on("exec", (accept, _reject, { command }) => run(accept(), command));
  session.on("shell", (accept) => run(accept(), "exec /bin/bash"));
  session.on("subsystem", (accept, reject, { name }) => {
    const server = SFTP_SERVERS.find((path) => existsSync(path));
    if (name === "sftp" && server) run(accept(), `exec ${server}`);
    else reject();
  });
}

/** A terminal is made by a program of the system: there is none in Node. */
const inTerminal = (command: string): string => `exec script -qefc ${quoted(command)} /dev/null`;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Who hangs up leaves the command without input, and is not missed otherwise. */
function connect(channel: ServerChannel, child: ChildProcess): void {
  const { stdin, stdout, stderr } = child;
  for (const stream of [stdin, stdout, stderr, channel]) stream!.on("error", () => undefined);
  channel.pipe(stdin!);
  stdout!.pipe(channel, { end: false });
  stderr!.pipe(channel.stderr, { end: false });
  child.on("error", () => channel.exit(126));
  child.on("close", (code, signal) => {
    if (channel.destroyed) return;
    if (signal === null) channel.exit(code ?? 255);
    else channel.exit(signal.replace(/^SIG/, ""), false, "");
    channel.end();
  });
  channel.on("close", () => {
    stdin!.end();
    stdout!.destroy();
    stderr!.destroy();
  });
}

function signal(child: ChildProcess | undefined, name: string): void {
  if (name in constants.signals) child?.kill(name as NodeJS.Signals);
}
