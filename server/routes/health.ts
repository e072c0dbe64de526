import type { RequestContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";

/** `/healthz`, `/livez`, `/readyz`, each with `?verbose`, `?exclude=NAME` and as `/readyz/NAME` (rule 18). */
export function healthRoute({ checks, path, query, reply }: RequestContext): void {
  const [, endpoint = "", name] = path.replace(/\/$/, "").split("/");
  // Alive is who answers; restarting it would not mend what readiness finds.
  const all = { ping: () => undefined, ...(endpoint === "livez" ? {} : checks) };
  const chosen = chosenOf(all, name, query.getAll("exclude"));
  const lines = chosen.map(([check, run]) => ({ check, problem: run() }));
  const isWell = lines.every(({ problem }) => problem === undefined);
  const text = lines.map(({ check, problem }) =>
    problem === undefined ? `[+]${check} ok` : `[-]${check} failed: ${problem}`,
  );
  const verdict = `${endpoint} check ${isWell ? "passed" : "failed"}`;
  const body = isWell && !query.has("verbose") ? "ok" : [...text, verdict, ""].join("\n");
  void reply
    .code(isWell ? 200 : 500)
    .header("content-type", "text/plain; charset=utf-8")
    .send(body);
}

type Check = [string, () => string | undefined];

function chosenOf(
  checks: Readonly<Record<string, () => string | undefined>>,
  name: string | undefined,
  excluded: readonly string[],
): Check[] {
  if (name === undefined) return Object.entries(checks).filter(([check]) => !excluded.includes(check));
  if (!Object.hasOwn(checks, name)) throw unknownPath();
  return [[name, checks[name]!]];
}
