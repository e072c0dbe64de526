import { sayNow } from "../cli/io.ts";

const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof CODES;

/** The end that a user or the system asks for. */
export interface Ending {
  /** Aborted when it is asked for. */
  readonly signal: AbortSignal;
  /** What to exit with. */
  readonly exitCode: number;
  /** Asks for it from inside. The second time, everything ends at once. */
  end(exitCode: number): void;
}

/**
 * Listens for Ctrl-C and its kin. Once is an ordered end. Twice is the end of this process, here and now: the guard
 * then kills what it had started.
 */
export function listenForEnd(): Ending {
  const controller = new AbortController();
  let exitCode = 0;
  const end = (code: number) => {
    if (controller.signal.aborted) {
      sayNow("killed; what still runs is ended by the guard");
      process.exit(code || exitCode);
    }
    exitCode = code;
    controller.abort();
  };
  for (const signal of Object.keys(CODES) as Signal[]) process.on(signal, () => end(CODES[signal]));
  return {
    signal: controller.signal,
    end,
    get exitCode() {
      return exitCode;
    },
  };
}

export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
