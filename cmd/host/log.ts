import { createWriteStream, renameSync, statSync } from "node:fs";
import { pino, type DestinationStream } from "pino";
import type { Log } from "../../client/index.ts";

const MAX_BYTES = 10 * 1024 * 1024;

/** Structured lines on stderr. */
export const logToStderr = (level: string): Log => createLog(level, pino.destination({ fd: 2, sync: true }));

/** Structured lines in a file; one that has become large is put aside first. */
export function logToFile(path: string, level: string): Log {
  try {
    if (statSync(path).size > MAX_BYTES) renameSync(path, `${path}.1`);
  } catch {
    // There is none yet.
  }
  return createLog(level, createWriteStream(path, { flags: "a", mode: 0o600 }));
}

function createLog(level: string, destination: DestinationStream): Log {
  const { err } = pino.stdSerializers;
  const options = { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime };
  return pino({ ...options, serializers: { error: err, err } }, destination);
}
