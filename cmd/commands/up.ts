import { join } from "node:path";
import { paintFor, wantsColor } from "../cli/color.ts";
import { EXIT, usageError } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";

import { namespaceFrom } from "../connect/find.ts";
import type { Session } from "../connect/session.ts";
import { portOf, stateDirFor } from "../host/options.ts";
import { listenForEnd, type Ending } from "../host/signals.ts";
import { runningInstance, stateHome, type FoundInstance } from "../instances.ts";
import type { Manifest } from "../manifests/manifest.ts";
import { isRunning } from "../process-identity.ts";
import type { AppliedObject } from "../up/apply.ts";
import { blockText } from "../up/block.ts";
import { KEY_HELP } from "../up/keys.ts";
import { linksOf } from "../up/links.ts";
import { ignoring, manifestsOf, projectOf, type Project } from "../up/project.ts";
import { prepare, type Prepared, type ToPrepare } from "../up/prepare.ts";
import { runUntilEnd } from "../up/run.ts";

/** `tiltish up`: the whole loop in one terminal. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, rest } = invocation;
  if (args.length)
    throw usageError(`unexpected "${args[0]}"; a command goes after --: tiltish up -- ${args.join(" ")}`);
  const found = projectOf(options.all("filename"), rest);
  const stateDir = await stateDirFor(options, found.root);
  const project = ignoring(found, [stateHome(), stateDir]);
  // Before anything starts: a file that cannot be read should not cost more than its message.
  const manifests = await manifestsOf(project, options.flag("recursive"));
  const ending = listenForEnd();
  const running = runningInstance(stateDir);
  const plan = { project, manifests, ending };
  return running ? upJoining(invocation, plan, running) : upWithHost(invocation, plan, stateDir);
}

interface Plan {
  project: Project;
  manifests: readonly Manifest[];
  ending: Ending;
}

/** Nobody runs this project yet: we do, for as long as this command lives. */
async function upWithHost(invocation: Invocation, plan: Plan, stateDir: string): Promise<number> {
  const [{ makeStateDir, startHost }, { logToFile }] = await Promise.all([
    import("../host/host.ts"),
    import("../host/log.ts"),
  ]);
  await makeStateDir(stateDir);
  const log = logToFile(join(stateDir, "server.log"), "info");
  const since = new Date().toISOString();
  const { root } = plan.project;
  const done: { prepared?: Prepared } = {};
  const host = await startHost({
    stateDir,
    root,
    port: portOf(invocation.options),
    log,
    // What an earlier up applied and this one does not must not run once more.
    prepare: async (instance) => void (done.prepared = await prepare(instance, planned(invocation, plan))),
  });
  try {
    return await show(invocation, plan, { ...done.prepared!, instance: host.instance }, since);
  } finally {
    if (plan.ending.signal.aborted) say("stopping; once more kills");
    await host.close();
  }
}

const planned = ({ options }: Invocation, { project, manifests }: Plan): ToPrepare => ({
  root: project.root,
  manifests,
  namespace: namespaceFrom(options),
});

async function upJoining(invocation: Invocation, plan: Plan, instance: FoundInstance): Promise<number> {
  return show(invocation, plan, await prepare(instance, planned(invocation, plan)));
}

/**
 * Tells and streams, until it is ended.
 *
 * @param since - When the server was started; absent if it is somebody else's.
 */
// oxlint-disable-next-line eslint/max-params -- the call, what to do, what was done, and since when
async function show(
  { options }: Invocation,
  { project, ending }: Plan,
  { session, instance, applied, pruned }: Prepared,
  since?: string,
): Promise<number> {
  if (ending.signal.aborted) return ending.exitCode;
  const joined = since === undefined;
  await tell(session, ending.signal, { instance, project, applied, pruned, joined });
  const timestamps = options.flag("timestamps");
  if (joined) endWithServer(instance, ending);
  const exitCode = await runUntilEnd({ session, applied, since, timestamps, signal: ending.signal }, ending);
  if (joined && isRunning(instance)) say("left; everything runs on. tiltish down stops it");
  return exitCode;
}

const LOOK_MS = 500;

/** A server of somebody else may be stopped, and then there is nothing to show any more. */
function endWithServer(instance: FoundInstance, ending: Ending): void {
  const timer = setInterval(() => {
    if (isRunning(instance) || ending.signal.aborted) return;
    clearInterval(timer);
    say("the server was stopped");
    ending.end(EXIT.ok);
  }, LOOK_MS);
  timer.unref();
}

interface Told {
  instance: FoundInstance;
  project: Project;
  applied: readonly AppliedObject[];
  pruned: number;
  joined: boolean;
}

async function tell(
  session: Session,
  signal: AbortSignal,
  { instance, project, ...rest }: Told,
): Promise<void> {
  const links = await linksOf(session, rest.applied, signal);
  const content = {
    ...rest,
    root: project.root,
    url: `https://127.0.0.1:${instance.port}`,
    kubeconfig: `${instance.stateDir}/kubeconfig`,
    links,
    keys: process.stdin.isTTY ? KEY_HELP : undefined,
  };
  out(blockText(content, paintFor(wantsColor(process.stdout))));
}
