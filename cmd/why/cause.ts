import type { Cause } from "../../apis/v1alpha1/index.ts";

const WORDS: Record<Cause["type"], string> = {
  FileChange: "files changed",
  Trigger: "triggered by hand",
  Dependency: "a dependency ran again",
  SpecChange: "its spec changed",
  Created: "it was created",
  Crash: "it had exited",
  Build: "it was built",
  ServerStart: "tiltish started",
  Probe: "its liveness probe failed",
  Restart: "restarted by hand",
  Stop: "stopped by hand",
  Cancel: "canceled by hand",
};

/** A cause in a few words: `src/a.ts saved`. */
export function causeText(cause: Partial<Cause>): string {
  const { type, files = [], fileCount = files.length, message } = cause;
  if (type === "FileChange" && files.length > 0) return filesText(files, fileCount);
  if (type === "Dependency" && cause.object) return `${cause.object} ran again`;
  if (type === "Crash" && message) return crashText(message);
  return message ?? (type ? WORDS[type] : "nobody said why");
}

/** `it exited with code 1`; of a start that failed only what has failed, as the log has the rest. */
function crashText(message: string): string {
  const how = /^(exited|ended|took) /.test(message) ? `it ${message}` : message;
  return how.split(/ \(|: /, 1)[0]!;
}

/** `src/a.ts saved`, `src/a.ts and 3 more saved` */
function filesText(files: readonly string[], count: number): string {
  return count > 1 ? `${files[0]} and ${count - 1} more saved` : `${files[0]} saved`;
}
