import { join, resolve } from "node:path";
import type { Invocation } from "../cli/types.ts";
import { CliError, EXIT } from "../cli/errors.ts";
import { startHost } from "../host/host.ts";
import { logToFile } from "../host/log.ts";
import { portOf } from "../host/options.ts";
import { aborted, listenForEnd } from "../host/signals.ts";
import type { DetachedMessage } from "../up/detached.ts";

/** `tiltish __host`: the server of an `up -d`, until it is told to end. */
export async function run({ options }: Invocation): Promise<number> {
  const stateDir = resolve(options.text("state-dir") ?? ".");
  const ending = listenForEnd();
  try {
    const host = await startHost({
      stateDir,
      root: options.text("root") ?? ".",
      how: "up -d",
      port: portOf(options),
      log: logToFile(join(stateDir, "server.log"), "info"),
      prepare: async (instance) => {
        tell({ type: "answers", instance });
        await told();
      },
    });
    tell({ type: "started", instance: host.instance });
    await aborted(ending.signal);
    await host.close();
    return ending.exitCode;
  } catch (error) {
    const exitCode = error instanceof CliError ? error.exitCode : EXIT.failed;
    tell({ type: "failed", message: error instanceof Error ? error.message : String(error), exitCode });
    return exitCode;
  }
}

const tell = (message: DetachedMessage): void => void process.send?.(message);

/** Resolves when we may go on; rejects if whoever started us is gone before. */
const told = (): Promise<void> =>
  new Promise((resolve, reject) => {
    process.once("message", () => resolve());
    process.once("disconnect", () => reject(new CliError("nobody has said what to run", EXIT.failed)));
  });
