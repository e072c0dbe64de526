import { type CloudController, type Instance, PlatformError } from "../../cf/index.ts";
import type { MachineEvent } from "../machine.ts";
import { Member } from "../member.ts";
import type { DeployReason, Resolved, Work } from "../work.ts";
import { appMissing, appStopped, appToDeploy, noProcess } from "../verdicts.ts";

/** Who is logged in, which app it is, and which instances it has. */
export async function resolve(work: Work, signal: AbortSignal): Promise<MachineEvent> {
  const { spec, specHash } = work.settings;
  const place = await work.login.place(spec.target ?? {}, signal);
  work.judge("Authenticated", {
    status: "True",
    reason: "LoggedIn",
    message: `in space ${place.space.name}`,
  });
  const { space } = place;
  const cc = place.cc.until(signal);
  const [platform, app] = await Promise.all([cc.platform(), cc.app(spec.appName, space.guid)]);
  if (!app) return missing(work);
  work.judge("AppExists", { status: "True", reason: "Found", message: `app ${app.name} in ${space.name}` });
  const processType = spec.ssh.process;
  const [routes, processGuid] = await Promise.all([cc.routes(app.guid), cc.process(app.guid, processType)]);
  work.see({ app: { guid: app.guid, state: app.state, routes } });
  if (isDeployDue(work, specHash)) return initialDeploy(work, "spec.initialDeploy is Always");
  if (isDeployInterrupted(work)) return deployAnew(work);
  if (app.state !== "STARTED") return await stopped(work, cc, app.guid);
  if (processGuid === undefined) return work.fail("Connected", noProcess(processType));
  const all = await cc.instances(processGuid);
  await judgeHealthCheck(work, cc, processGuid);
  const instances = all.filter(({ index }) => isWanted(index, spec.instances));
  work.resolved = { cc: place.cc, platform, space, app, processGuid, routes, instances, atMs: Date.now() };
  adopt(work, work.resolved);
  return "resolved";
}

const isWanted = (index: number, instances: "All" | number[]): boolean =>
  instances === "All" || instances.includes(index);

function missing(work: Work): MachineEvent {
  const { spec } = work.settings;
  work.see({ app: undefined, instances: [] });
  work.closeWays();
  work.members.clear();
  work.forgetApp();
  if (spec.initialDeploy === "Never") return work.fail("AppExists", appMissing(spec.appName));
  work.judge("AppExists", appToDeploy(spec.appName));
  return initialDeploy(work, `there is no app ${spec.appName}`);
}

/** What was made and never deployed is as good as missing. */
async function stopped(work: Work, cc: CloudController, guid: string): Promise<MachineEvent> {
  const { appName, initialDeploy: mode } = work.settings.spec;
  if (mode !== "Never" && !(await hasDroplet(cc, guid)))
    return initialDeploy(work, `${appName} was never deployed`);
  work.forgetApp();
  return work.fail("Connected", appStopped(appName));
}

async function hasDroplet(cc: CloudController, guid: string): Promise<boolean> {
  try {
    await cc.get(`/v3/apps/${guid}/droplets/current`);
    return true;
  } catch (error) {
    if (error instanceof PlatformError && error.status === 404) return false;
    throw error;
  }
}

function initialDeploy(work: Work, why: string): MachineEvent {
  work.deployReason ??= { kind: "Initial", why };
  return "mustDeploy";
}

/** Once for each spec, and not again when tiltish is started again. */
function isDeployDue({ settings, observation }: Work, specHash: string): boolean {
  const { lastDeploy } = observation.facts;
  return settings.spec.initialDeploy === "Always" && lastDeploy?.specHash !== specHash;
}

/** An earlier tiltish has ended in the middle of it. What of it was done, and what it was done for, nobody knows now. */
function isDeployInterrupted({ observation }: Work): boolean {
  const { startTime, finishTime } = observation.facts.lastDeploy ?? {};
  return startTime !== undefined && finishTime === undefined;
}

function deployAnew(work: Work): MachineEvent {
  const { kind = "Requested", reason = "" } = work.observation.facts.lastDeploy ?? {};
  const why = reason.startsWith(INTERRUPTED) ? reason : `${INTERRUPTED}${reason}`;
  // What is in a status is what we have put there.
  work.deployReason ??= { kind: kind as DeployReason["kind"], why };
  return "mustDeploy";
}

const INTERRUPTED = "tiltish ended in the middle of the last deploy: ";

/** Members for the instances that there are, and ways that lead to this app. */
function adopt(work: Work, resolved: Resolved): void {
  const isSameApp = work.ways.length > 0 && work.waysFor === resolved.app.guid;
  if (!isSameApp) openWays(work, resolved);
  const before = work.observation.facts.instances ?? [];
  const indexes = wantedIndexes(work, resolved.instances);
  for (const [index, member] of work.members) {
    if (indexes.has(index)) continue;
    member.close();
    work.members.delete(index);
  }
  for (const index of indexes) {
    const member =
      work.members.get(index) ??
      new Member(
        index,
        before.find((status) => status.index === index),
      );
    work.members.set(index, member);
    note(
      member,
      resolved.instances.find((instance) => instance.index === index),
    );
  }
  work.seeInstances();
}

/** Those that somebody has listed are wanted whether they are there or not. */
function wantedIndexes({ settings }: Work, instances: readonly Instance[]): Set<number> {
  const { instances: wanted } = settings.spec;
  return new Set(wanted === "All" ? instances.map(({ index }) => index) : wanted);
}

function note(member: Member, instance: Instance | undefined): void {
  if (member.link) return;
  member.state = instance?.state ?? "Missing";
  if (!instance) member.lastError = `the app has no instance ${member.index}`;
}

function openWays(work: Work, { cc, platform, app, space, routes }: Resolved): void {
  work.closeWays();
  work.members.clear();
  work.ways = work.seams.waysTo({ settings: work.settings, cc, platform, app, space, routes });
  work.waysFor = app.guid;
}

/** A check that fails while the app restarts takes the container away, and all that was synced with it. */
async function judgeHealthCheck(work: Work, cc: CloudController, processGuid: string): Promise<void> {
  const { restart } = work.settings.spec;
  const process = await cc.get<{ health_check?: { type?: string } }>(`/v3/processes/${processGuid}`);
  const type = process.health_check?.type ?? "process";
  work.isHealthCheckRisky = type !== "process" && restart.mode !== "None" ? type : undefined;
  work.judgeDegraded();
}
