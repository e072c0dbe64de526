/**
 * Places where a test can make this process die, fail or wait.
 *
 * `TILTISH_FAILPOINTS="store.beforeCommit=kill@3;store.afterCommit=sleep:50"`: at the third time, or every time.
 * Actions: `kill`, `throw[:CODE]` (an error with that `code`), `sleep:MS`. Unset, a failpoint is one look-up in an
 * empty map.
 */
export function failpoint(name: string): void {
  const point = points.get(name);
  if (!point) return;
  point.hits += 1;
  if (point.at === undefined || point.at === point.hits) perform(name, point);
}

/** For tests in the same process: replaces what the environment says. */
export function setFailpoints(specification: string | undefined): void {
  points = parse(specification);
}

interface Point {
  readonly action: string;
  readonly argument: string | undefined;
  /** Only at this hit. */
  readonly at: number | undefined;
  hits: number;
}

let points = parse(process.env["TILTISH_FAILPOINTS"]);

function parse(specification = ""): Map<string, Point> {
  const pattern = /([\w.]+)=(kill|throw|sleep)(?::(\w+))?(?:@(\d+))?/g;
  const parsed = new Map<string, Point>();
  for (const [, name, action, argument, at] of specification.matchAll(pattern)) {
    parsed.set(name!, { action: action!, argument, at: at === undefined ? undefined : Number(at), hits: 0 });
  }
  return parsed;
}

function perform(name: string, { action, argument }: Point): void {
  if (action === "kill") process.kill(process.pid, "SIGKILL");
  // Blocks, as a slow disk does.
  if (action === "sleep") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(argument));
  if (action === "throw") throw Object.assign(new Error(`failpoint ${name}`), { code: argument });
}
