import { realpathSync } from "node:fs";
import { usageError } from "../cli/errors.ts";
import { outLine } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { startHost } from "../host/host.ts";
import { logToStderr } from "../host/log.ts";
import { maxHistoryOf, portOf, stateDirFor } from "../host/options.ts";
import { aborted, listenForEnd } from "../host/signals.ts";

/** `tiltish serve`: server and controllers in the foreground, until it is told to end. */
export async function run({ options }: Invocation): Promise<number> {
  const root = directoryOf(options.text("root") ?? ".");
  const stateDir = await stateDirFor(options, root);
  const ending = listenForEnd();
  const level = Number(options.text("v") ?? 0) >= 4 ? "debug" : "info";
  const host = await startHost({
    stateDir,
    root,
    how: "serve",
    port: portOf(options),
    maxHistory: maxHistoryOf(options),
    log: logToStderr(level),
  });
  outLine(`tiltish serves ${host.url} · kubeconfig ${host.kubeconfig}`);
  await aborted(ending.signal);
  await host.close();
  return ending.exitCode;
}

function directoryOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw usageError(`--root ${path}: no such directory`);
  }
}
