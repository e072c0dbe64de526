import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../client/index.ts";
import { outLine, say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import { namespaceFrom } from "../connect/find.ts";
import { sessionFor } from "../connect/session.ts";
import { edgeText } from "../graph/edges.ts";
import { graphOf, isRunnable, keyOf, nameOfKey, refOfKey } from "../graph/model.ts";
import { unmetOf } from "../graph/problems.ts";
import { placedIn } from "../graph/select.ts";
import { startHost } from "../host/host.ts";
import { runningInstance, type FoundInstance } from "../instances.ts";
import { typedManifests } from "../manifests/typed.ts";
import { applyProject, ensureNamespace, tryProject } from "./apply.ts";
import type { Plan } from "./plan.ts";
import { warningOf } from "./warnings.ts";

/** `tiltish up --dry-run`: what would be applied, and which edge pulled each in. Nothing is changed, nothing run. */
export async function dryRun(plan: Plan): Promise<void> {
  const running = runningInstance(plan.stateDir);
  await (running ? tryOn(running, plan) : tryAside(plan));
  tellPlan(plan);
}

/** The session that runs may know kinds that others do not. */
async function tryOn(instance: FoundInstance, plan: Plan): Promise<void> {
  const { session, typed } = await typedFor(instance, plan);
  await tryProject(session, typed);
}

async function typedFor(instance: FoundInstance, { invocation, chosen }: Plan) {
  const session = sessionFor(instance, namespaceFrom(invocation.options));
  const typed = typedManifests(chosen.manifests, await session.types(), session.namespace);
  return { session, typed };
}

/** Thrown where a server would begin to run things. */
class Tried extends Error {}

/** A server that nobody else sees, and that never gets to run anything, says what it thinks of the objects. */
async function tryAside(plan: Plan): Promise<void> {
  const stateDir = await mkdtemp(join(tmpdir(), "tiltish-dry-run-"));
  const { root } = plan.project;
  try {
    await startHost({
      stateDir,
      root,
      how: "up",
      port: 0,
      log: silentLog,
      prepare: async (instance) => {
        const { session, typed } = await typedFor(instance, plan);
        await ensureNamespace(session, root);
        await applyProject(session, typed);
        throw new Tried();
      },
    });
  } catch (error) {
    if (!(error instanceof Tried)) throw error;
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}

function tellPlan({ chosen, invocation }: Plan): void {
  const { manifests, graph, closure } = chosen;
  const namespace = namespaceFrom(invocation.options) ?? "default";
  const objects = manifests.map(({ object }) => placedIn(object, namespace));
  const total = graph.nodes.size + objects.filter((object) => !isRunnable(object)).length;
  outLine(
    `would apply ${objects.length === total ? total : `${objects.length} of ${total}`} ${total === 1 ? "object" : "objects"}`,
  );
  const nameWidth = Math.max(0, ...objects.map(({ metadata }) => metadata.name.length));
  const kindWidth = Math.max(0, ...objects.map(({ kind }) => kind.length));
  for (const object of objects) {
    const cells = [object.metadata.name.padEnd(nameWidth), object.kind.padEnd(kindWidth), reason(object)];
    outLine(sanitize(`  ${cells.join("  ").trimEnd()}`));
  }
  const left = [...graph.nodes.keys()].filter((key) => closure && !closure.has(key));
  if (left.length) outLine(`left out: ${left.map(nameOfKey).join(", ")}`);
  for (const unmet of unmetOf(graphOf(objects))) say(warningOf(unmet));

  function reason(object: (typeof objects)[number]): string {
    if (!closure) return "";
    if (!isRunnable(object)) return "runs nothing, and is always applied";
    const edge = closure.get(keyOf(object));
    return edge ? `needed by ${refOfKey(edge.from)}: ${edgeText(edge)}` : "asked for";
  }
}
