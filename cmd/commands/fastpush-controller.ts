import { ConfigError, readConfig, type Setting, SETTINGS, startController } from "../../fastpush/index.ts";
import { failure, usageError } from "../cli/errors.ts";
import { say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import type { Options } from "../cli/options.ts";

const log = (line: string) => say(`fastpush: ${line}`);

/** What a platform, and a person, end it with. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** `tiltish fastpush-controller`: an app, and the proxy before it, until it is told to end. */
export async function run({ options, args, rest }: Invocation): Promise<number> {
  if (args[0]) throw usageError(`unexpected "${args[0]}": the command of the app comes after --`);
  const told = whenTold();
  const config = configFrom(options, rest);
  const { stdout, stderr, env } = process;
  if (config.file) log(`settings of ${config.file}`);
  const controller = await startController({ config, root: process.cwd(), env, log, stdout, stderr }).catch(
    (error: Error) => {
      throw failure(error.message);
    },
  );
  const code = await told;
  await controller.close();
  return code;
}

function configFrom(options: Options, command: readonly string[] | undefined) {
  const file = options.text("config");
  try {
    return readConfig({ root: process.cwd(), env: process.env, flags: flagsIn(options), command, file });
  } catch (error) {
    throw error instanceof ConfigError ? usageError(error.message) : failure((error as Error).message);
  }
}

function flagsIn(options: Options): Map<string, string> {
  const flags = new Map<string, string>();
  for (const setting of Object.keys(SETTINGS) as Setting[]) {
    // The state directory of the command line is that of a server.
    const value = setting === "state_dir" ? undefined : options.text(setting.replaceAll("_", "-"));
    if (value !== undefined) flags.set(setting, value);
  }
  return flags;
}

const whenTold = (): Promise<number> =>
  new Promise((resolve) => {
    for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => resolve(code));
  });
