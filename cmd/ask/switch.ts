import { patchObject } from "../apply/write.ts";
import { failure, usageError } from "../cli/errors.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { NAMED_KINDS } from "../resources/named.ts";
import type { NamedObject } from "../resources/runnable.ts";
import { doToEach, type Outcome } from "./each.ts";
import { ownerOf, subjectsOf } from "./subjects.ts";

const KINDS: readonly string[] = NAMED_KINDS.own;

/** Sets `spec.disabled` of each of what the words name. @returns the exit code. */
export async function setDisabled({ options, args }: Invocation, disabled: boolean): Promise<number> {
  const session = await connect(options);
  const all = await subjectsOf({ session, options, args, kinds: KINDS });
  const wrong = all.find(({ type }) => !KINDS.includes(type.kind));
  if (wrong) throw usageError(`${wrong.type.kind}/${wrong.object.metadata.name} cannot be disabled`);
  return (await doToEach(session, all, (_, named) => switchOne(session, named, disabled))).exitCode;
}

async function switchOne(
  session: Session,
  { type, object }: NamedObject,
  disabled: boolean,
): Promise<Outcome> {
  const verb = disabled ? "disabled" : "enabled";
  const owner = ownerOf(object);
  if (owner !== undefined) {
    const what = `${type.kind}/${object.metadata.name} does what LocalResource/${owner} says`;
    throw failure(`${what}: tiltish ${disabled ? "disable" : "enable"} ${owner}`);
  }
  const { disabled: before = false } = (object["spec"] ?? {}) as { disabled?: boolean };
  if (before === disabled) return { text: `is ${verb} already` };
  const target = { type, namespace: object.metadata.namespace ?? "", object };
  const patch = { type: "merge", body: { spec: { disabled } } } as const;
  await patchObject(session, target, patch, { fieldManager: `tiltish-${verb}` });
  return { text: verb };
}
