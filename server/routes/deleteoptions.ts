import { badRequest } from "../../apis/errors.ts";
import type { DeleteOptions } from "../../apis/transport.ts";
import type { RequestContext } from "../http/context.ts";
import { booleanOf, dryRunOf, integerOf, invalidOption, oneOf } from "./options.ts";

const POLICIES = ["Background", "Foreground", "Orphan"] as const;

interface DeleteBody {
  kind?: unknown;
  dryRun?: unknown;
  gracePeriodSeconds?: unknown;
  propagationPolicy?: unknown;
  orphanDependents?: unknown;
  preconditions?: unknown;
}

/** Of the body, and where it says nothing, of the query (rule 100). */
export function deleteOptionsOf({ query }: RequestContext, body: unknown): DeleteOptions {
  const { kind, dryRun, gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions } =
    deleteBodyOf(body);
  if (kind !== undefined && kind !== "DeleteOptions") {
    throw badRequest(`the body of a delete must be DeleteOptions, not ${JSON.stringify(kind)}`);
  }
  const policy = propagationPolicy ?? query.get("propagationPolicy") ?? undefined;
  const orphan = flagOf(orphanDependents) ?? booleanOf(query, "orphanDependents");
  const grace = gracePeriodSeconds ?? integerOf(query, "gracePeriodSeconds");
  return {
    dryRun: dryRunOf([...textsIn(dryRun), ...query.getAll("dryRun")]),
    ...(grace !== undefined && { gracePeriodSeconds: graceOf(grace) }),
    ...propagationOf(policy, orphan),
    ...preconditionsOf(preconditions),
  };
}

/** Of one object the query may say them, too; of a collection it means something else there. */
export function preconditionsInQuery({ query }: RequestContext): NonNullable<DeleteOptions["preconditions"]> {
  const [uid, resourceVersion] = [query.get("uid"), query.get("resourceVersion")];
  return { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
}

function deleteBodyOf(body: unknown): DeleteBody {
  if (body === undefined || body === null) return {};
  if (typeof body === "object" && !Array.isArray(body)) return body;
  throw badRequest("the body of a delete must be an object");
}

/** A mistake in what makes a delete harmless must not make it a delete. */
const mistyped = (field: string, type: string) => badRequest(`DeleteOptions: ${field} must be ${type}`);

function textsIn(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw mistyped("dryRun", "a list of strings");
}

function flagOf(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean") return value;
  throw mistyped("orphanDependents", "a boolean");
}

function propagationOf(
  policy: unknown,
  orphan: boolean | undefined,
): Pick<DeleteOptions, "propagationPolicy"> {
  const hasPolicy = policy !== undefined && policy !== null && policy !== "";
  const hasOrphan = orphan !== undefined;
  if (hasPolicy && hasOrphan) {
    throw invalidOption(
      "propagationPolicy",
      `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
    );
  }
  if (hasPolicy) return { propagationPolicy: oneOf(POLICIES, textOf(policy), "propagationPolicy") };
  return hasOrphan ? { propagationPolicy: orphan ? "Orphan" : "Background" } : {};
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Kubernetes takes a negative one for one second. Nothing here is deleted any later for it. */
function graceOf(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value)) return value < 0 ? 1 : value;
  throw mistyped("gracePeriodSeconds", "an integer");
}

function preconditionsOf(value: unknown): Pick<DeleteOptions, "preconditions"> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw mistyped("preconditions", "an object");
  const given = Object.entries(value).filter(([, wanted]) => wanted !== null);
  for (const [field, wanted] of given) {
    if (typeof wanted !== "string") throw mistyped(`preconditions.${field}`, "a string");
  }
  return { preconditions: Object.fromEntries(given) };
}
