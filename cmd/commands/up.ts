import { EXIT, usageError } from "../cli/errors.ts";
import { outLine } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { listenForEnd, type Ending } from "../host/signals.ts";
import { runningInstance, type FoundInstance } from "../instances.ts";
import { planOf, toPrepare, type Plan } from "../up/plan.ts";
import { prepare, type Prepared } from "../up/prepare.ts";
import { show, tell } from "../up/show.ts";
import { warnOfUnmet } from "../up/warnings.ts";
import { termsOf } from "../verdict/terms.ts";

const WAIT_MS = 5 * 60_000;

/** `tiltish up`: the whole loop in one terminal, or in the background. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, rest } = invocation;
  if (args.length && rest) throw usageError(`give names or a command (--), not both: "${args[0]}"`);
  const plan = await planOf(invocation);
  if (options.flag("dry-run")) {
    const { dryRun } = await import("../up/dryrun.ts");
    await dryRun(plan);
    return EXIT.ok;
  }
  const ending = listenForEnd();
  const running = runningInstance(plan.stateDir);
  if (options.flag("detach") || options.flag("wait")) return upDetached(plan, running, ending);
  if (running) return upJoining(plan, running, ending);
  const { upWithHost } = await import("../up/hosted.ts");
  return upWithHost(plan, ending);
}

/** Others may be looking at what is left out here, so a part of a project leaves the rest as it is. */
const join = (plan: Plan, instance: FoundInstance): Promise<Prepared> =>
  prepare(instance, toPrepare(plan, plan.chosen.closure !== undefined));

async function upJoining(plan: Plan, instance: FoundInstance, ending: Ending): Promise<number> {
  const timestamps = plan.invocation.options.flag("timestamps");
  return show(await join(plan, instance), { root: instance.root, ending, timestamps });
}

/** Comes back when the server runs; with `--wait`, when all that it runs is ready. */
async function upDetached(plan: Plan, running: FoundInstance | undefined, ending: Ending): Promise<number> {
  const { options } = plan.invocation;
  const beganMs = Date.now();
  const terms = termsOf(options, WAIT_MS);
  const { startDetached } = await import("../up/detached.ts");
  const prepared = running ? await join(plan, running) : await startDetached(plan, ending);
  const note = running ? "joined: it ran already" : `detached, pid ${prepared.instance.pid}`;
  await tell(prepared, { root: plan.project.root, ending, timestamps: false, note });
  await warnOfUnmet(prepared.session);
  outLine("tiltish attach shows its logs, tiltish down stops it");
  if (!options.flag("wait")) return EXIT.ok;
  const { waitUntilReady } = await import("../up/waiting.ts");
  return waitUntilReady(prepared, terms, { ending, beganMs });
}
