import { constants } from "node:os";
import type { Crash } from "./health.ts";
import type { Verdict } from "./observation.ts";

/** What conditions say, where it takes more than a few words. Each message says what to do. */
const no = (reason: string, message: string): Verdict => ({ status: "False", reason, message });

export const appMissing = (name: string): Verdict =>
  no(
    "NotFound",
    `there is no app ${name} in the space, and spec.initialDeploy is not to make it: deploy it with cf push`,
  );

/** It is to be deployed; how that goes is told elsewhere. */
export const appToDeploy = (name: string): Verdict =>
  no("NotDeployed", `there is no app ${name} in the space yet: it is deployed first (spec.initialDeploy)`);

export const appStopped = (name: string): Verdict =>
  no("AppStopped", `the app is stopped, so there is nothing to connect to: start it with: cf start ${name}`);

export const noProcess = (type: string): Verdict =>
  no("NoProcess", `the app has no process of type ${type}; name another one in spec.ssh.process`);

export const unreachable = (why: string): Verdict => no("Unreachable", why);

export const syncing = (files: number, deletes: number): Verdict =>
  no("Syncing", `on their way: files: ${files}, deletions: ${deletes}`);

export const upToDate = (revision: number): Verdict => ({
  status: "True",
  reason: "UpToDate",
  message: `the app has what is here (revision ${revision})`,
});

export const partially = (message: string): Verdict => no("PartiallySynced", message);

export const behind = (message: string): Verdict => no("Behind", message);

export const diskFull = (need: number, free: number, index: number): Verdict =>
  no(
    "DiskFull",
    `instance ${index} needs ${need} bytes and has ${free} free: nothing was sent; raise its disk quota with cf scale -k, or add ignores`,
  );

export const running = (pid: number | undefined): Verdict => ({
  status: "True",
  reason: "Ready",
  message: pid === undefined ? "the app runs" : `the app runs (pid ${pid})`,
});

export const restarting: Verdict = no("Restarting", "the app is being restarted");

/** Why nothing can be had from a directory. */
export function rootUnreadable(root: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  if (code === "ENOENT") return `${root} is not there`;
  return code === "ENOTDIR" ? `${root} is not a directory` : `${root} cannot be read (${code})`;
}

const TAIL_LINES = 20;

export function crashed(index: number, { exit, output, isAgain }: Crash): Verdict {
  const does = isAgain ? "ends again and again" : "has ended";
  const what = `instance ${index}: the app ${does} ${howOf(exit)}`.trimEnd();
  return no(
    "Crashed",
    `${what}; the container stays, and the app is started again: by itself, and with the next save${tailOf(output)}`,
  );
}

interface RestartFailure {
  readonly index: number;
  readonly command: readonly string[];
  readonly exit: string;
  readonly output: string;
}

/** The command in the spec. Whether the app runs nobody has told. */
export function restartFailed({ index, command, exit, output }: RestartFailure): Verdict {
  const words = command.map((word) => (/^[\w./=:@%+-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
  const what = `instance ${index}: ${words} (spec.restart.command) has ended ${howOf(exit)}`.trimEnd();
  return no(
    "RestartFailed",
    `${what}; the files are there, and the next save runs it again${tailOf(output)}`,
  );
}

const howOf = (exit: string): string =>
  /^\d+$/.test(exit) ? `with exit code ${exit}` : exit ? `(${signalOf(exit)})` : "";

/** `SIG9` → `SIGKILL` */
const signalOf = (exit: string): string =>
  Object.entries(constants.signals).find(([, number]) => exit === `SIG${number}`)?.[0] ?? exit;

function tailOf(output: string): string {
  const tail = output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  return tail && `\n${tail}`;
}

export function notReady(index: number, timeout: string, output: string): Verdict {
  return no(
    "Crashed",
    `instance ${index}: the app runs, and was not ready within ${timeout}${tailOf(output)}`,
  );
}

export const unverified = (why: string): Verdict => ({
  status: "Unknown",
  reason: "Unverified",
  message: why,
});

/** Of a message of many lines, what an Event says. */
export const firstLine = (text: string): string => text.split("\n", 1)[0]!;

export const NOT_RESTARTED = "nobody has told whether the app runs: it was not restarted";

export const BY_COMMAND = "spec.restart.command has ended well; nobody has told whether the app runs";

export const NOBODY_KNOWS =
  "no supervisor runs in the container, so nobody tells whether the app runs: deploy it once with spec.push.wrapCommand true, or see: cf app";

export const RESTARTS_ITSELF =
  "this way does not tell how the app takes it: whoever runs the app there decides whether it is restarted";

export const NO_SUPERVISOR =
  "no supervisor runs in the container, so the app was not restarted: deploy it once with spec.push.wrapCommand true (tiltish trigger, with spec.transport Push or spec.initialDeploy Always), or set spec.restart.mode to None if it reloads by itself";
