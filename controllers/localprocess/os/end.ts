import type { ProcessTree } from "./tree.ts";

export interface HowToEnd {
  signal: NodeJS.Signals;
  graceMs: number;
  /** Runs instead of the signal; false if it failed, and then the signal is sent. */
  command?: (timeout: AbortSignal) => Promise<boolean>;
  /** The grace is over, and SIGKILL follows. */
  onKill?: () => void;
  /** These survive even SIGKILL so far. */
  onStuck?: (pids: number[]) => void;
}

interface Ending {
  tree: ProcessTree;
  /** Resolves when the leader has exited. */
  exited: Promise<unknown>;
}

const FIRST_LOOK_MS = 1;
const LONGEST_LOOK_MS = 50;
const STUCK_AFTER_MS = 5_000;

/** Ends a process tree: asks, waits, kills. Resolves when nothing of it runs any more, and not before. */
export async function endTree({ tree, exited }: Ending, how: HowToEnd): Promise<void> {
  if (tree.isEmpty()) return;
  const grace = new AbortController();
  const timer = setTimeout(() => grace.abort(), how.graceMs);
  try {
    if (how.graceMs > 0 && (await ask(tree, exited, { ...how, timeout: grace.signal }))) return;
  } finally {
    clearTimeout(timer);
    grace.abort();
  }
  how.onKill?.();
  await killAll(tree, how.onStuck);
}

type Asking = HowToEnd & { timeout: AbortSignal };

/** Until the tree is empty or the grace over. @returns Whether it is empty. */
async function ask(tree: ProcessTree, exited: Promise<unknown>, how: Asking): Promise<boolean> {
  const over = aborted(how.timeout);
  // The command speaks to the leader. What a leader has left behind when it exited is told by the signal.
  const command = tree.isLed ? how.command : undefined;
  const wasAsked = command ? await Promise.race([command(how.timeout), over]) : false;
  if (!wasAsked && !how.timeout.aborted) tree.signal(how.signal);
  await Promise.race([exited, over]);
  // The leader tells when it exits. Of the others we hear nothing: look at once, then ever less often.
  for (let lookMs = FIRST_LOOK_MS; !how.timeout.aborted; lookMs *= 2) {
    if (tree.isEmpty()) return true;
    tree.signal(how.signal);
    await Promise.race([delay(Math.min(lookMs, LONGEST_LOOK_MS)), over]);
  }
  return tree.isEmpty();
}

async function killAll(tree: ProcessTree, onStuck: HowToEnd["onStuck"]): Promise<void> {
  const since = performance.now();
  let told = false;
  for (let lookMs = FIRST_LOOK_MS; !tree.isEmpty(); lookMs *= 2) {
    tree.kill();
    await delay(Math.min(lookMs, told ? STUCK_AFTER_MS / 10 : LONGEST_LOOK_MS));
    if (told || performance.now() - since < STUCK_AFTER_MS) continue;
    told = true;
    onStuck?.(tree.members().map(({ pid }) => pid));
  }
}

const aborted = (signal: AbortSignal): Promise<false> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    signal.addEventListener("abort", () => resolve(false), { once: true });
  });

const delay = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
