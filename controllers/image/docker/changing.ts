import { sleep, systemClock } from "../../../client/index.ts";
import { UnsettledError } from "../../sync/index.ts";
import { ImageFailure } from "../failure.ts";

const TRIES = 6;
/** Before the second try; twice as long before each one after it. */
const WAIT_MS = 100;

/**
 * Does it again when files of the context change under its hands.
 *
 * @throws ImageFailure `ContextChanging` if they do not stop, the reason of the signal, and what the attempt throws.
 */
export async function whileChanging<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UnsettledError)) throw error;
      if (tries === TRIES) throw neverStill(error.message);
    }
    await sleep(systemClock, WAIT_MS * 2 ** (tries - 1), signal);
    signal.throwIfAborted();
  }
}

const neverStill = (file: string): ImageFailure =>
  new ImageFailure({
    reason: "ContextChanging",
    message: `${file} was written, or replaced, each time that it was read; leave it out by .dockerignore or spec.ignores, or wait until what writes it is done`,
    isTransient: true,
  });
