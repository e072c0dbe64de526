import { paintFor, wantsColor } from "../cli/color.ts";
import { EXIT } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Ending } from "../host/signals.ts";
import type { FoundInstance } from "../instances.ts";
import { isRunning } from "../process-identity.ts";
import { blockText } from "./block.ts";
import { KEY_HELP } from "./keys.ts";
import { linksOf } from "./links.ts";
import type { Prepared } from "./prepare.ts";
import { runUntilEnd } from "./run.ts";
import { warnOfUnmet } from "./warnings.ts";

export interface ShowOptions {
  root: string;
  ending: Ending;
  timestamps: boolean;
  /** When the server was started; absent if it is somebody else's. */
  since?: string;
  /** What the line about the server says of it. */
  note?: string;
}

/** Tells and streams, until it is ended. @returns the exit code. */
export async function show(prepared: Prepared, options: ShowOptions): Promise<number> {
  const { session, instance, applied } = prepared;
  const { ending, timestamps, since } = options;
  if (ending.signal.aborted) return ending.exitCode;
  await tell(prepared, options);
  await warnOfUnmet(session);
  if (since === undefined) endWithServer(instance, ending);
  const exitCode = await runUntilEnd({ session, applied, since, timestamps, signal: ending.signal }, ending);
  if (since === undefined && isRunning(instance)) {
    say("left; everything runs on. tiltish attach comes back, tiltish down stops it");
  }
  return exitCode;
}

const LOOK_MS = 500;

/** A server of somebody else may be stopped, and then there is nothing to show any more. */
function endWithServer(instance: FoundInstance, ending: Ending): void {
  const timer = setInterval(() => {
    if (isRunning(instance) || ending.signal.aborted) return;
    clearInterval(timer);
    say("the server was stopped");
    ending.end(EXIT.ok);
  }, LOOK_MS);
  timer.unref();
}

/** The block at the start. */
export async function tell(
  { session, instance, applied, pruned }: Prepared,
  { root, ending, since, note }: ShowOptions,
): Promise<void> {
  const content = {
    root,
    applied,
    pruned,
    url: `https://127.0.0.1:${instance.port}`,
    note:
      note ?? (since === undefined ? "joined: it runs in another process; Ctrl-C only leaves" : undefined),
    kubeconfig: `${instance.stateDir}/kubeconfig`,
    links: await linksOf(session, applied, ending.signal),
    keys: process.stdin.isTTY && note === undefined ? KEY_HELP : undefined,
  };
  out(blockText(content, paintFor(wantsColor(process.stdout))));
}
