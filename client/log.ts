type Write = (fields: object, message: string) => void;

/** What we ask of a logger; a pino logger is one. The message is constant, what varies is in the fields. */
export interface Log {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}

const nothing: Write = () => undefined;

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
