import type { RequestContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";

/** `/healthz`, `/livez`, `/readyz`, each with `?verbose`, `?exclude=NAME` and as `/readyz/NAME` (rule 18). */
export function healthRoute({ checks, path, query, reply }: RequestContext): void {
  const [, endpoint = "", name] = path.replace(/\/$/, "").split("/");
  // Alive is who answers; restarting it would not mend what readiness finds.
  const all = { ping: () => undefined, ...(endpoint === "livez" ? {} : checks) };
  const excluded = name === undefined ? query.getAll("exclude") : [];
  const chosen = chosenOf(all, name).filter(([check]) => !excluded.includes(check));
  const lines = chosen.map(([check, run]) => ({ check, problem: run() }));
  const isWell = lines.every(({ problem }) => problem === undefined);
  const text = [
    ...lines.map(({ check, problem }) =>
      problem === undefined ? `[+]${check} ok` : `[-]${check} failed: ${problem}`,
    ),
    ...excluded.map((check) =>
      Object.hasOwn(all, check)
        ? `[+]${check} excluded: ok`
        : `warn: there is no check ${JSON.stringify(check)}`,
    ),
  ];
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
): Check[] {
  if (name === undefined) return Object.entries(checks);
  if (!Object.hasOwn(checks, name)) throw unknownPath();
  return [[name, checks[name]!]];
}
