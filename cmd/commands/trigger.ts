import { TRIGGER_ANNOTATION, type KubeObject } from "../../apis/meta.ts";
import { patchObject } from "../apply/write.ts";
import { usageError } from "../cli/errors.ts";
import { outLine } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { eachNamed, type NamedObject } from "../resources/runnable.ts";
import { qualifiedName } from "../resources/types.ts";

const TRIGGERED = ["LocalResource", "LocalProcess"];
const FIELD_MANAGER = "tiltish-trigger";

/** `tiltish trigger`: any new value of an annotation asks for a run; plain kubectl can do it too. */
export async function run({ options, args }: Invocation): Promise<void> {
  if (args.length === 0) throw usageError("what shall run? Give names");
  const session = await connect(options);
  const all = await eachNamed(session, args, TRIGGERED);
  const wrong = all.find(({ type }) => !TRIGGERED.includes(type.kind));
  if (wrong) throw neverRuns(wrong);
  for (const named of all) {
    outLine(`${qualifiedName(named.type, named.object.metadata.name)} ${await trigger(session, named)}`);
  }
}

const neverRuns = ({ type, object }: NamedObject): Error =>
  usageError(
    `${type.kind}/${object.metadata.name} runs nothing; a ${TRIGGERED.join(" or a ")} can be triggered`,
  );

/** Asks for a run now. @returns what will come of it. */
export async function trigger(session: Session, { type, object }: NamedObject): Promise<string> {
  const value = new Date().toISOString();
  const target = { type, namespace: object.metadata.namespace ?? "", object };
  const body = { metadata: { annotations: { [TRIGGER_ANNOTATION]: value } } };
  const patch = { type: "merge", body } as const;
  return outcomeOf(await patchObject(session, target, patch, { fieldManager: FIELD_MANAGER }));
}

function outcomeOf({ spec, status }: KubeObject): string {
  const { disabled } = (spec ?? {}) as { disabled?: boolean };
  const { state, message } = (status ?? {}) as { state?: string; message?: string };
  if (disabled) return "triggered; it is disabled, and will not run before spec.disabled is false";
  if (state === "Building") return "triggered; a build runs, one more is queued";
  if (state === "Waiting") return `triggered; it ${message ?? "waits"}`;
  return "triggered";
}
