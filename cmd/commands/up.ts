import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { paintFor, wantsColor } from "../cli/color.ts";
import { EXIT, usageError } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";

import { namespaceFrom } from "../connect/find.ts";
import { sessionFor, type Session } from "../connect/session.ts";
import { portOf, stateDirFor } from "../host/options.ts";
import { listenForEnd, type Ending } from "../host/signals.ts";
import { runningInstance, type FoundInstance } from "../instances.ts";
import { loadManifests, parseSource } from "../manifests/load.ts";
import type { Manifest } from "../manifests/manifest.ts";
import { typedManifests } from "../manifests/typed.ts";
import { isRunning } from "../process-identity.ts";
import { applyProject, ensureNamespace, type AppliedObject } from "../up/apply.ts";
import { blockText } from "../up/block.ts";
import { KEY_HELP } from "../up/keys.ts";
import { linksOf } from "../up/links.ts";
import { projectOf, type Project } from "../up/project.ts";
import { prune } from "../up/prune.ts";
import { runUntilEnd } from "../up/run.ts";

/** `tiltish up`: the whole loop in one terminal. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, rest } = invocation;
  if (args.length)
    throw usageError(`unexpected "${args[0]}"; a command goes after --: tiltish up -- ${args.join(" ")}`);
  const project = projectOf(options.all("filename"), rest);
  // Before anything starts: a file that cannot be read should not cost more than its message.
  const manifests = await manifestsOf(project, options.flag("recursive"));
  const stateDir = await stateDirFor(options, project.root);
  const ending = listenForEnd();
  const running = runningInstance(stateDir);
  return running
    ? up(invocation, { project, manifests, ending }, running)
    : upWithHost(invocation, { project, manifests, ending }, stateDir);
}

interface Plan {
  project: Project;
  manifests: readonly Manifest[];
  ending: Ending;
}

function manifestsOf({ files, object }: Project, recursive: boolean): Promise<Manifest[]> {
  if (!object) return loadManifests(files, { recursive });
  return Promise.resolve(parseSource({ file: "command", text: JSON.stringify(object) }));
}

/** Nobody runs this project yet: we do, for as long as this command lives. */
async function upWithHost(invocation: Invocation, plan: Plan, stateDir: string): Promise<number> {
  const [{ startHost }, { logToFile }] = await Promise.all([
    import("../host/host.ts"),
    import("../host/log.ts"),
  ]);
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const log = logToFile(join(stateDir, "server.log"), "info");
  const since = new Date().toISOString();
  const { root } = plan.project;
  const host = await startHost({ stateDir, root, port: portOf(invocation.options), log });
  try {
    return await up(invocation, plan, host.instance, since);
  } finally {
    if (plan.ending.signal.aborted) say("stopping; once more kills");
    await host.close();
  }
}

/**
 * Applies, tells, streams, until it is ended.
 *
 * @param since - When the server was started; absent if it is somebody else's.
 */
// oxlint-disable-next-line eslint/max-params -- the call, what to do, where, and since when
async function up(
  { options }: Invocation,
  { project, manifests, ending }: Plan,
  instance: FoundInstance,
  since?: string,
): Promise<number> {
  const session = sessionFor(instance, namespaceFrom(options));
  await ensureNamespace(session, project.root);
  const typed = typedManifests(manifests, await session.types(), session.namespace);
  const applied = await applyProject(session, typed);
  const pruned = await prune(session, applied);
  if (ending.signal.aborted) return ending.exitCode;
  await tell(session, ending.signal, {
    instance,
    project,
    applied,
    pruned: pruned.length,
    joined: since === undefined,
  });
  const timestamps = options.flag("timestamps");
  if (since === undefined) endWithServer(instance, ending);
  const exitCode = await runUntilEnd({ session, applied, since, timestamps, signal: ending.signal }, ending);
  if (since === undefined && isRunning(instance)) say("left; everything runs on. tiltish down stops it");
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
