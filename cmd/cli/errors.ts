/** What a command ends with. Fine enough for scripts, and never 0 after an error. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  noSession: 3,
  timeout: 4,
  storage: 74,
  interrupted: 130,
} as const;

/** An error that is the whole story: shown as it is, without a stack. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export const failure = (message: string): CliError => new CliError(`error: ${message}`);

/** The call, or a manifest, is wrong. */
export const usageError = (message: string): CliError => new CliError(`error: ${message}`, EXIT.usage);

export const noSession = (message: string): CliError => new CliError(message, EXIT.noSession);

export const timedOut = (message: string): CliError => new CliError(`error: ${message}`, EXIT.timeout);
