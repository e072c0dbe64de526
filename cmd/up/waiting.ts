import { durationOf } from "../../apis/duration.ts";
import { Progress } from "../ci/progress.ts";
import { EXIT } from "../cli/errors.ts";
import { say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Ending } from "../host/signals.ts";
import { awaitVerdict } from "../verdict/await.ts";
import type { Terms } from "../verdict/verdict.ts";
import type { Prepared } from "./prepare.ts";

/** Waits until all that was applied is done or ready. @returns 0; 1 if something failed; 4 if it took too long. */
export async function waitUntilReady(
  { session, applied }: Prepared,
  terms: Terms,
  { ending, beganMs }: { ending: Ending; beganMs: number },
): Promise<number> {
  const progress = new Progress();
  const objects = applied.map(({ object }) => object);
  const { signal } = ending;
  const onLook = (verdict: Parameters<Progress["look"]>[0]) => progress.look(verdict);
  try {
    const { result, message = "" } = await awaitVerdict({ session, objects, terms, signal, onLook });
    if (signal.aborted) return ending.exitCode;
    const elapsed = durationOf(Date.now() - beganMs);
    if (result === "succeeded") say(`all is ready after ${elapsed}`);
    else say(sanitize(`error: ${message} (everything runs on; tiltish down stops it)`));
    return result === "succeeded" ? EXIT.ok : result === "timeout" ? EXIT.timeout : EXIT.failed;
  } finally {
    progress.stop();
  }
}
