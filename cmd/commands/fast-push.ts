import type { RestartPolicy } from "../../controllers/cfapp/index.ts";
import { EXIT } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import type { Invocation } from "../cli/types.ts";
import { appNameIn, openApp, told } from "../fastpush/app.ts";
import { localIn } from "../fastpush/plan.ts";
import { type Pushed, pushTo } from "../fastpush/push.ts";
import { isGood, linesOf, outcomeText, sumOf } from "../fastpush/show.ts";

const DEFAULT_GRACE_MS = 5000;
const READY_SECONDS = 60;

/** `tiltish fast-push APP`: sends new and changed files to an app behind a fast-push controller. */
export async function run({ options, args }: Invocation): Promise<number> {
  const name = appNameIn(args);
  const local = await localIn(options);
  const terms = { local, restart: restartFrom(options), isDryRun: options.flag("dry-run") };
  const app = await openApp(name, options).catch((error: unknown) => Promise.reject(told(error)));
  try {
    for (const { path, message } of local.rejected) say(`${path} is left out: ${message}`);
    const pushed: Pushed[] = [];
    for (const instance of app.instances) {
      pushed.push(await pushTo(app, instance, terms));
      tell(pushed.at(-1)!, terms.isDryRun, options);
    }
    if (options.text("output") === "json") outLine(JSON.stringify(pushed.map(summaryOf), undefined, 2));
    return pushed.every(({ outcome }) => !outcome || isGood(outcome)) ? EXIT.ok : EXIT.failed;
  } catch (error) {
    throw told(error);
  } finally {
    app.close();
  }
}

function restartFrom(options: Options): RestartPolicy {
  if (!options.flag("restart", true)) return { mode: "None" };
  const path = options.text("ready");
  const graceSeconds = (options.durationMs("grace") ?? DEFAULT_GRACE_MS) / 1000;
  const readiness = path === undefined ? {} : { readiness: { path, timeoutSeconds: READY_SECONDS } };
  return { mode: "Supervisor", signal: "TERM", graceSeconds, ...readiness };
}

function tell({ index, plan, outcome, leftUndone }: Pushed, isDryRun: boolean, options: Options): void {
  if (options.text("output") === "json") return;
  for (const line of linesOf(plan)) outLine(line);
  outLine(`instance ${index}: ${textOf(plan, outcome, isDryRun)}`);
  if (leftUndone > 0)
    say(
      `instance ${index}: ${leftUndone} deletions, modes or links are left: its controller has no words for them`,
    );
}

function textOf(plan: Pushed["plan"], outcome: Pushed["outcome"], isDryRun: boolean): string {
  if (plan.operations.length === 0) return "it has all of this already";
  if (isDryRun) return `${sumOf(plan)} would be sent; nothing was`;
  if (!outcome || outcome.result === "failed") return outcome ? outcomeText(outcome) : "nothing was sent";
  return `${sumOf(plan)} sent; ${outcomeText(outcome)}`;
}

const summaryOf = ({ index, plan, outcome, leftUndone }: Pushed) => {
  const { files, deletes, bytes } = plan;
  const changes = plan.operations.map(({ type, path }) => ({ type, path }));
  return { instance: index, files, deletes, bytes, leftUndone, changes, ...(outcome && { outcome }) };
};
