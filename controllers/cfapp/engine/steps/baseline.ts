import type { Tree } from "../../../sync/index.ts";
import type { Greeting, Listing } from "../../transports/transport.ts";
import type { MachineEvent } from "../machine.ts";
import type { Member } from "../member.ts";
import { numberOf } from "../revisions.ts";
import { watchApp } from "../running.ts";
import { unverified } from "../verdicts.ts";
import type { Work } from "../work.ts";

/** Finds out what each instance has, where that is not known. */
export async function baseline(work: Work): Promise<MachineEvent> {
  const unknown = work.connected.filter((member) => member.greetedBy !== member.link);
  if (unknown.length > 0 && !work.snapshot) await work.look().catch(() => undefined);
  const replaced = unknown.filter((member) => isReplaced(member));
  const found = await Promise.allSettled(unknown.map((member) => look(work, member)));
  for (const [at, result] of found.entries()) {
    if (result.status === "fulfilled") continue;
    unknown[at]!.close();
    unknown[at]!.lost((result.reason as Error).message);
  }
  work.seeInstances();
  if (replaced.length > 0) tellReplaced(work, replaced);
  if (!work.connected.some(({ isReady }) => isReady)) return work.lost();
  if (replaced.length > 0 && work.settings.spec.fallback.onInstanceReplaced === "Push") {
    work.deployReason = { kind: "Fallback", why: "an instance was replaced" };
    return "mustDeploy";
  }
  return "known";
}

/** It is another container than the one that this was about. */
const isReplaced = ({ instanceGuid, link }: Member): boolean =>
  instanceGuid !== "" &&
  link !== undefined &&
  link.greeting.instanceGuid !== "" &&
  link.greeting.instanceGuid !== instanceGuid;

function tellReplaced(work: Work, replaced: readonly Member[]): void {
  for (const { index } of replaced) {
    if (work.isExpectingNew) continue;
    work.drifted.add(index);
    work.tell(
      "Warning",
      "DriftDetected",
      `instance ${index} was replaced, and has the files of the droplet: what was synced is sent again`,
    );
  }
  work.isExpectingNew = false;
  work.judgeDegraded();
}

async function look(work: Work, member: Member): Promise<void> {
  const { link } = member;
  if (!link) return;
  const { greeting } = link;
  if (isReplaced(member)) member.forget();
  const { inFlight } = member;
  member.inFlight = undefined;
  if (inFlight?.name === greeting.revision && isMarked(greeting)) {
    member.know(inFlight.tree, inFlight.tracked);
    tellCommitted(work, member, greeting);
    if (inFlight.isRestart) restartLost(work, member);
  } else if (!isAsKnown(member, greeting)) {
    const { tree, tracked } = await listed(work, member, greeting);
    member.know(tree, tracked);
  }
  member.greeted(greeting, link);
  watchApp(work, member);
  member.needsMarker = link.capabilities.atomic && !isMarked(greeting);
}

/** That another process runs now is no crash; how that is will be told. */
function restartLost(work: Work, member: Member): void {
  member.health = undefined;
  work.judge("Running", unverified("how the restart went was lost with the connection"));
}

/** Its answer was lost with the connection; nothing needs to be done again. */
function tellCommitted(work: Work, { index }: Member, { revision }: Greeting): void {
  work.tell(
    "Normal",
    "Synced",
    `instance ${index} has committed revision ${numberOf(revision)}; its answer was lost`,
  );
}

/** A set was committed in this very container. */
const isMarked = ({ revision, committedIn, instanceGuid }: Greeting): boolean =>
  revision !== "" && committedIn === instanceGuid;

const isAsKnown = (member: Member, greeting: Greeting): boolean =>
  member.isKnown && isMarked(greeting) && greeting.treeHash === member.treeHash;

/** A tree of the same hash need not be listed: it is this one. What else is there matters to a mirror alone. */
async function listed(work: Work, { link, isDoubtful }: Member, greeting: Greeting): Promise<Listing> {
  const tree = work.snapshot?.tree;
  const isSame = tree && isMarked(greeting) && greeting.treeHash === work.treeHash;
  if (isSame && !isDoubtful && work.settings.spec.deletePolicy !== "Mirror")
    return { tree, tracked: new Set(tree.keys()) };
  const listing = await link!.list(tree);
  return isMarked(greeting) ? listing : { ...listing, tracked: ours(work, listing) };
}

/** In a container without a mark, what a full deploy of ours has put there is ours, and what is as it is here. */
function ours({ deployed, snapshot }: Work, { tree, tracked }: Listing): ReadonlySet<string> {
  const isOurs = (path: string) =>
    tracked.has(path) || deployed?.has(path) || isSameContent(snapshot?.tree, tree, path);
  return new Set([...tree.keys()].filter(isOurs));
}

function isSameContent(local: Tree | undefined, remote: Tree, path: string): boolean {
  const [here, there] = [local?.get(path), remote.get(path)];
  if (here?.type !== there?.type) return false;
  return here?.type === "file" && there?.type === "file" ? here.hash === there.hash : here !== undefined;
}
