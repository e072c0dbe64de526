import { setImmediate } from "node:timers/promises";
import { BadSetError } from "./operations.ts";
import { decodeJournal, encodeJournal, type Journal } from "./journal.ts";
import { perform, type Step, undo } from "./perform.ts";
import { Progress } from "./progress.ts";
import type { SetState } from "./state.ts";

/** So many operations are done in a row before others get a turn. */
const STEPS = 50;

export interface ApplyOptions {
  readonly root: string;
  readonly state: SetState;
  /** Identity of this container. */
  readonly instanceGuid: string;
}

/**
 * Makes a staged set what the app has: all of it, or nothing. From when the journal is written on it is finished, here or
 * at the next start.
 *
 * @throws BadSetError that says what could not be done; then all is as it was.
 */
export async function applySet(options: ApplyOptions, journal: Journal): Promise<void> {
  await options.state.writeJournal(encodeJournal(journal));
  await finish(options, journal);
}

/**
 * Finishes what a crash has cut short.
 *
 * @returns its revision; undefined if there was nothing.
 * @throws BadSetError if it cannot be finished: then all is as it was before.
 */
export async function recover(options: ApplyOptions): Promise<string | undefined> {
  const text = options.state.journal;
  if (text === undefined) return undefined;
  const journal = decodeJournal(text);
  await finish(options, journal);
  return journal.revision;
}

async function finish({ root, state, instanceGuid }: ApplyOptions, journal: Journal): Promise<void> {
  const { revision, treeHash, manifest, operations } = journal;
  const steps = operations.map((operation, number) => ({ operation, number, root, stage: state.stage }));
  const progress = new Progress(state.stage);
  try {
    await performAll(steps, progress);
  } catch (error) {
    attempt(() => progress.giveUp());
    for (const [number, before] of [...progress.befores.entries()].toReversed())
      attempt(() => undo(steps[number]!, before));
    await state.dropJournal();
    throw error;
  } finally {
    progress.close();
  }
  await state.complete({ revision, treeHash, committedIn: instanceGuid }, manifest);
}

/** @throws BadSetError that says what could not be done. */
async function performAll(steps: readonly Step[], progress: Progress): Promise<void> {
  if (progress.isGivenUp) throw new BadSetError("it could not be done, and undoing it was cut short");
  for (const step of steps.slice(progress.next)) {
    const { operation, number } = step;
    try {
      perform(step, (before) => progress.begin(number, before));
    } catch (error) {
      throw new BadSetError(`${operation.path}: ${(error as Error).message}`, { cause: error });
    }
    if (number % STEPS === STEPS - 1) await setImmediate();
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // The app has changed it meanwhile: that stays.
  }
}
