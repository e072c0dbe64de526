import { ask } from "../ask/request.ts";
import { inputsOf } from "../ask/inputs.ts";
import { assertEnabled, runOutcome } from "../ask/outcome.ts";
import { requestFor } from "../ask/run.ts";
import { usageError } from "../cli/errors.ts";
import type { Invocation } from "../cli/types.ts";
import type { Session } from "../connect/session.ts";
import type { NamedObject } from "../resources/runnable.ts";

/** `tiltish trigger`: builds a LocalResource or an image, runs a LocalProcess, sends what a CFAppSync has, applies a K8sResource, now. */
export function run(invocation: Invocation): Promise<number> {
  const inputs = inputsOf(invocation.options.all("env"));
  return requestFor(invocation, async (session, named) => {
    assertEnabled(named);
    const reason = NO_INPUTS[named.type.kind];
    if (inputs && reason) throw takesNoInputs(named, reason);
    const asked = await ask(session, named, { type: "Trigger", ...(inputs && { inputs }) });
    return { text: runOutcome("triggered", asked), asked };
  });
}

/** What runs nothing here that could have an environment. */
const NO_INPUTS: Readonly<Record<string, string>> = {
  CFAppSync: "it runs nothing here; the app has the environment that its manifest gives it",
  DockerImage: "what its Dockerfile is to get goes into spec.args",
  K8sResource: "what runs in the cluster has the environment that its YAML gives it",
};

const takesNoInputs = ({ type, object }: NamedObject, reason: string): Error =>
  usageError(`${type.kind}/${object.metadata.name} takes no --env: ${reason}`);

/** Asks for a run now. @returns what will come of it. */
export async function trigger(session: Session, named: NamedObject): Promise<string> {
  const { disabled } = (named.object["spec"] ?? {}) as { disabled?: boolean };
  if (disabled) return "is disabled, and was not triggered";
  return runOutcome("triggered", await ask(session, named, { type: "Trigger" }));
}
