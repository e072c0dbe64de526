import { join, resolve } from "node:path";
import { ciRun } from "../ci/run.ts";
import { openOwnStateDir } from "../ci/statedir.ts";
import { unwatched } from "../ci/unwatched.ts";
import { usageError } from "../cli/errors.ts";
import { say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { namespaceFrom } from "../connect/find.ts";
import { choose } from "../graph/select.ts";
import { makeStateDir, startHost } from "../host/host.ts";
import { logToFile } from "../host/log.ts";
import { portOf } from "../host/options.ts";
import { listenForEnd, type Ending } from "../host/signals.ts";
import type { Manifest } from "../manifests/manifest.ts";
import { prepare, type Prepared } from "../up/prepare.ts";
import { manifestsOf, projectOf } from "../up/project.ts";
import { termsOf } from "../verdict/terms.ts";
import type { Terms } from "../verdict/verdict.ts";

const TIMEOUT_MS = 30 * 60_000;

/** `tiltish ci`: runs the project until every job is done and every server ready, or the first failure. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, rest } = invocation;
  if (rest) throw usageError("ci runs what a file says; write one with: tiltish init");
  const terms = termsOf(options, TIMEOUT_MS);
  const project = projectOf(options.all("filename"), undefined);
  const all = await manifestsOf(project, options.flag("recursive"));
  const { manifests } = choose(all, args, namespaceFrom(options) ?? "default");
  const ending = listenForEnd();
  const named = options.text("state-dir") ?? process.env["TILTISH_STATE_DIR"];
  const own = named ? undefined : await openOwnStateDir(project.root);
  try {
    const stateDir = own?.path ?? resolve(named!);
    return await withHost(invocation, {
      stateDir,
      root: project.root,
      ending,
      manifests: unwatched(manifests),
      terms,
    });
  } finally {
    await own?.close();
  }
}

interface Plan {
  stateDir: string;
  root: string;
  ending: Ending;
  manifests: readonly Manifest[];
  terms: Terms;
}

async function withHost({ options }: Invocation, plan: Plan): Promise<number> {
  const { stateDir, root, ending, manifests, terms } = plan;
  await makeStateDir(stateDir);
  const beganMs = Date.now();
  const done: { prepared?: Prepared } = {};
  const host = await startHost({
    stateDir,
    root,
    how: "ci",
    port: portOf(options),
    log: logToFile(join(stateDir, "server.log"), "info"),
    prepare: async (instance) => {
      done.prepared = await prepare(instance, { root, manifests, namespace: namespaceFrom(options) });
    },
  });
  try {
    return await ciRun({ prepared: done.prepared!, terms, ending, options, beganMs });
  } finally {
    if (ending.signal.aborted) say("stopping; once more kills");
    await host.close();
  }
}
