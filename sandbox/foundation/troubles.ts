/** An answer that is given in the place of the right one. */
export interface WrongAnswer {
  /** Of which requests; `undefined` is any. */
  readonly method?: string;
  readonly path?: RegExp;
  readonly status: number;
  /** Such as Retry-After. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Default: once. */
  readonly times?: number;
}

/** What the foundation does wrong, when it is told to. */
export class Troubles {
  #answers: (WrongAnswer & { left: number })[] = [];
  #builds: string[] = [];
  #jobs: string[] = [];

  answer(answer: WrongAnswer): void {
    this.#answers.push({ ...answer, left: answer.times ?? 1 });
  }

  /** The next build fails so. */
  failBuild(message: string): void {
    this.#builds.push(message);
  }

  /** The next job fails so. */
  failJob(message: string): void {
    this.#jobs.push(message);
  }

  /** Everything works again. */
  clear(): void {
    [this.#answers, this.#builds, this.#jobs] = [[], [], []];
  }

  answerTo(method: string, path: string): WrongAnswer | undefined {
    const answer = this.#answers.find(
      (one) => one.left > 0 && (!one.method || one.method === method) && (!one.path || one.path.test(path)),
    );
    if (answer) answer.left--;
    return answer;
  }

  nextBuild(): string | undefined {
    return this.#builds.shift();
  }

  nextJob(): string | undefined {
    return this.#jobs.shift();
  }
}
