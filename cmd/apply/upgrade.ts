import { isReason } from "../../apis/errors.ts";
import type { KubeObject, ManagedFieldsEntry } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { LAST_APPLIED } from "./three-way.ts";
import { patchObject, readObject, type Target, type WriteStyle } from "./write.ts";

/** Keeps the annotation there, should somebody want to go back to applying from the client. */
const KEEPER = "kubectl-last-applied";
const ATTEMPTS = 5;

/**
 * What was applied from the client until now is owned by whoever did that, and would stay when a file no longer names
 * it. So it is handed over to the manager that applies on the server, as kubectl does it.
 *
 * @param object as the server answered the apply.
 * @returns Whether there was something to hand over; then it has to be applied once more.
 */
export async function upgrade(
  session: Session,
  target: Target,
  object: KubeObject,
  style: WriteStyle & { fieldManager: string },
): Promise<boolean> {
  if (fromClient(object).length === 0) return false;
  let current = await keepAnnotation(session, target, { object, style });
  for (let attempt = 1; ; attempt++) {
    const body = handover(current, style.fieldManager);
    if (!body) return false;
    try {
      await patchObject(session, target, { type: "json", body }, style);
      return true;
    } catch (error) {
      if (!isReason(error, "Conflict") || attempt === ATTEMPTS) throw error;
      current = (await readObject(session, target)) ?? object;
    }
  }
}

/** With the default manager the server keeps the annotation up to date, as long as somebody owns it. */
function keepAnnotation(
  session: Session,
  target: Target,
  { object, style }: { object: KubeObject; style: WriteStyle },
): Promise<KubeObject> | KubeObject {
  const value = object.metadata.annotations?.[LAST_APPLIED];
  if (style.fieldManager !== "kubectl" || value === undefined) return object;
  const { apiVersion, kind, metadata } = object;
  const annotations = { [LAST_APPLIED]: value };
  const body = {
    apiVersion,
    kind,
    metadata: { name: metadata.name, namespace: metadata.namespace, annotations },
  };
  return patchObject(session, target, { type: "apply", body }, { ...style, fieldManager: KEEPER });
}

/** Refused if the object has changed since. */
function handover({ metadata }: KubeObject, manager: string): object[] | undefined {
  const { managedFields = [], resourceVersion } = metadata;
  const from = fromClient({ metadata });
  const to = managedFields.find((entry) => isApply(entry) && entry.manager === manager && !entry.subresource);
  if (from.length === 0 || !to) return undefined;
  const fieldsV1 = [to, ...from].map((entry) => entry.fieldsV1 as Node).reduce(union);
  const value = managedFields
    .filter((entry) => !from.includes(entry))
    .map((entry) => (entry === to ? { ...to, fieldsV1 } : entry));
  return [
    { op: "replace", path: "/metadata/managedFields", value },
    { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
  ];
}

const isApply = ({ operation }: ManagedFieldsEntry): boolean => operation === "Apply";

/** Who applies from the client is known by the annotation. */
const fromClient = ({ metadata }: Pick<KubeObject, "metadata">): ManagedFieldsEntry[] =>
  (metadata.managedFields ?? []).filter(
    (entry) =>
      !isApply(entry) &&
      !entry.subresource &&
      (entry.fieldsV1 as Node)["f:metadata"]?.["f:annotations"]?.[`f:${LAST_APPLIED}`] !== undefined,
  );

/** A node of FieldsV1: one that is empty stands for its own path. */
interface Node {
  [element: string]: Node;
}

function union(a: Node, b: Node): Node {
  const all = { ...a };
  for (const [element, node] of Object.entries(b)) {
    const own = element === SELF ? undefined : all[element];
    all[element] = own ? union(written(own), written(node)) : node;
  }
  return all;
}

const SELF = ".";
const written = (node: Node): Node => (Object.keys(node).length > 0 ? node : { [SELF]: {} });
