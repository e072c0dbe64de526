import { isReason } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { upgrade } from "./upgrade.ts";
import { lastApplied, threeWayPatch, withLastApplied } from "./three-way.ts";
import { createObject, patchObject, readObject, type Target, type WriteStyle } from "./write.ts";

export interface ApplyStyle extends WriteStyle {
  serverSide?: boolean;
  forceConflicts?: boolean;
}

export interface Applied {
  object: KubeObject;
  result: "created" | "configured" | "unchanged" | "serverside-applied";
}

/** As kubectl is called, so that either program goes on where the other one stopped. */
const CLIENT_SIDE_MANAGER = "kubectl-client-side-apply";
const SERVER_SIDE_MANAGER = "kubectl";
const ATTEMPTS = 5;

/** Makes one object as it is written, in the way of `kubectl apply`: either program goes on where the other stopped. */
export async function applyObject(session: Session, target: Target, style: ApplyStyle): Promise<Applied> {
  if (style.serverSide) return applyServerSide(session, target, style);
  for (let attempt = 1; ; attempt++) {
    try {
      return await applyOnce(session, target, style);
    } catch (error) {
      // Somebody else was faster, once: what is right now is another question.
      const isRace = isReason(error, "Conflict") || isReason(error, "AlreadyExists");
      if (!isRace || attempt === ATTEMPTS) throw error;
    }
  }
}

async function applyOnce(session: Session, target: Target, style: ApplyStyle): Promise<Applied> {
  const write = { ...style, fieldManager: style.fieldManager ?? CLIENT_SIDE_MANAGER };
  const modified = withLastApplied(target.object);
  const current = await readObject(session, target);
  if (!current) {
    if (style.dryRun === "client") return { object: target.object, result: "created" };
    const object = await createObject(session, { ...target, object: modified }, write);
    return { object, result: "created" };
  }
  const body = threeWayPatch({ original: lastApplied(current), modified, current });
  if (!body) return { object: current, result: "unchanged" };
  if (style.dryRun === "client") return { object: target.object, result: "configured" };
  const object = await patchObject(session, target, { type: "merge", body }, write);
  const isSame = object.metadata.resourceVersion === current.metadata.resourceVersion;
  return { object, result: isSame && style.dryRun !== "server" ? "unchanged" : "configured" };
}

async function applyServerSide(session: Session, target: Target, style: ApplyStyle): Promise<Applied> {
  const write = { ...style, fieldManager: style.fieldManager ?? SERVER_SIDE_MANAGER };
  const patch = { type: "apply", body: target.object, force: style.forceConflicts } as const;
  const object = await patchObject(session, target, patch, write);
  const applied = { object, result: "serverside-applied" } as const;
  if ((style.dryRun ?? "none") !== "none") return applied;
  const isUpgraded = await upgrade(session, target, object, write);
  return isUpgraded ? { ...applied, object: await patchObject(session, target, patch, write) } : applied;
}
