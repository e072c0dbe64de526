import type { KubeObject } from "../../apis/meta.ts";
import { ask } from "../ask/request.ts";
import { assertEnabled, isCommanded, isImage, isSending, runStatusOf } from "../ask/outcome.ts";
import { requestFor } from "../ask/run.ts";
import type { Invocation } from "../cli/types.ts";

/** `tiltish cancel`: ends the build of a LocalResource or an image, the run of a LocalProcess, what a CFAppSync sends, the command of a K8sResource. */
export const run = (invocation: Invocation): Promise<number> =>
  requestFor(invocation, async (session, named) => {
    assertEnabled(named);
    const nothing = whatDoesNotRun(named.object);
    if (nothing) return { text: `has ${nothing} to cancel` };
    return { text: "is being canceled", asked: await ask(session, named, { type: "Cancel" }) };
  });

function whatDoesNotRun(object: KubeObject): string | undefined {
  const { state = "", pid } = runStatusOf(object);
  if (object.kind === "CFAppSync") return isSending(object) ? undefined : "no sync, and no deploy,";
  if (object.kind === "K8sResource") return isCommanded(object) ? undefined : "no command";
  if (isImage(object)) return ["Building", "Pushing"].includes(state) ? undefined : "no build";
  if (object.kind === "LocalResource") return state === "Building" ? undefined : "no build";
  return pid !== undefined || state === "Starting" ? undefined : "no run";
}
