import { setTimeout as delay } from "node:timers/promises";
import type { GitLock, GitSign } from "./git-lock.ts";

const LOOK_AGAIN_MS = 20;
/** Most of what git does takes less than this, and is not worth telling. */
const TELL_AFTER_MS = 1000;

/** Holds changes back while git rewrites the files, but not for ever. */
export class GitHold {
  readonly #lock: GitLock;
  readonly #tell: (sign: GitSign | undefined) => void;
  #told: GitSign | undefined;
  #hurried = false;

  /** @param tell - Told of what changes are held back for, or no longer held back though it is still there. */
  constructor(lock: GitLock, tell: (sign: GitSign | undefined) => void) {
    this.#lock = lock;
    this.#tell = tell;
  }

  /** Resolves when git is done, or need not be waited for. @returns Whether it had to be waited for at all. */
  async wait(): Promise<boolean> {
    const since = performance.now();
    let sign = this.#lock.sign;
    const hadToWait = this.#isWaitedFor(sign);
    for (; this.#isWaitedFor(sign); sign = this.#lock.sign) {
      if (performance.now() - since > TELL_AFTER_MS) this.#say(sign);
      await delay(LOOK_AGAIN_MS, undefined, { ref: false });
    }
    this.#say(this.#hurried ? undefined : sign);
    return hadToWait;
  }

  /** What is seen has to be told now: nothing is held back until `work` is done. */
  async without(work: () => Promise<void>): Promise<void> {
    this.#hurried = true;
    await work().finally(() => (this.#hurried = false));
  }

  #isWaitedFor(sign: GitSign | undefined): sign is GitSign {
    return sign !== undefined && !sign.isStale && !this.#hurried;
  }

  #say(sign: GitSign | undefined): void {
    if (sign?.path === this.#told?.path && sign?.isStale === this.#told?.isStale) return;
    this.#told = sign;
    this.#tell(sign);
  }
}
