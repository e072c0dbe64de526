import { setImmediate } from "node:timers/promises";
import { BadSetError } from "./operations.ts";
import { decodeJournal, encodeJournal, type Journal } from "./journal.ts";
import { perform, type Undo } from "./perform.ts";
import type { SetState } from "./state.ts";

/** So many steps are done in a row before others get a turn. */
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

/** Finishes what a crash has cut short. @returns its revision; undefined if there was nothing. */
export async function recover(options: ApplyOptions): Promise<string | undefined> {
  const text = options.state.journal;
  if (text === undefined) return undefined;
  const journal = decodeJournal(text);
  await finish(options, journal);
  return journal.revision;
}

async function finish({ root, state, instanceGuid }: ApplyOptions, journal: Journal): Promise<void> {
  const undo: Undo[] = [];
  for (const [number, operation] of journal.operations.entries()) {
    try {
      const back = perform(operation, { root, stage: state.stage, number });
      if (back) undo.push(back);
    } catch (error) {
      for (const back of undo.toReversed()) attempt(back);
      await state.dropJournal();
      throw new BadSetError(`${operation.path}: ${(error as Error).message}`, { cause: error });
    }
    if (number % STEPS === STEPS - 1) await setImmediate();
  }
  const { revision, treeHash, manifest } = journal;
  await state.complete({ revision, treeHash, committedIn: instanceGuid }, manifest);
}

function attempt(back: Undo): void {
  try {
    back();
  } catch {
    // The app has changed it meanwhile: that stays.
  }
}
