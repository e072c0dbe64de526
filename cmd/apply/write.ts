import type { KubeObject } from "../../apis/meta.ts";
import { say } from "../cli/io.ts";
import type { Session } from "../connect/session.ts";
import { namePath } from "../get/query.ts";
import { collectionPath, queryOf } from "../resources/paths.ts";
import type { ResourceType } from "../resources/types.ts";

/** One object to be written. */
export interface Target {
  type: ResourceType;
  /** Empty for a cluster-scoped one. */
  namespace: string;
  object: KubeObject;
}

export interface WriteStyle {
  dryRun?: "none" | "client" | "server";
  fieldManager?: string;
  validation?: "Strict" | "Warn" | "Ignore";
}

export const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

const writeQuery = ({ dryRun, fieldManager, validation }: WriteStyle, more: Record<string, string> = {}) =>
  queryOf({
    dryRun: dryRun === "server" ? "All" : undefined,
    fieldManager,
    fieldValidation: validation,
    ...more,
  });

export async function readObject(
  session: Session,
  { type, namespace, object }: Target,
): Promise<KubeObject | undefined> {
  const { isReason } = await import("../../apis/errors.ts");
  try {
    return await session.json<KubeObject>(namePath(type, namespace, object.metadata.name));
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined;
    throw error;
  }
}

export function createObject(session: Session, target: Target, style: WriteStyle): Promise<KubeObject> {
  const path = collectionPath(target.type, target.namespace) + writeQuery(style);
  return send(session, "POST", path, { body: target.object });
}

/** What to change of the object, in the terms of its patch type. */
export interface Patch {
  type: keyof typeof PATCH_TYPES;
  body: unknown;
  subresource?: string;
  /** For `apply`: take fields from those who own them. */
  force?: boolean;
}

export function patchObject(
  session: Session,
  target: Target,
  { type, body, subresource, force }: Patch,
  style: WriteStyle,
): Promise<KubeObject> {
  const path = namePath(target.type, target.namespace, target.object.metadata.name);
  const query = writeQuery(style, force ? { force: "true" } : {});
  return send(session, "PATCH", `${path}${subresource ? `/${subresource}` : ""}${query}`, {
    body,
    headers: { "content-type": PATCH_TYPES[type] },
  });
}

async function send(
  session: Session,
  method: string,
  path: string,
  request: { body: unknown; headers?: Record<string, string> },
): Promise<KubeObject> {
  const { body, headers } = await session.transport.request(method, path, request);
  const warnings = [headers["warning"] ?? []].flat().join(",");
  for (const [, text] of warnings.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
    say(`Warning: ${text!.replace(/\\(.)/g, "$1")}`);
  }
  return JSON.parse(body.toString("utf8")) as KubeObject;
}
