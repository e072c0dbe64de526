import { ask } from "../ask/request.ts";
import { assertEnabled, isImage, isOn, runOutcome, runStatusOf } from "../ask/outcome.ts";
import { requestFor } from "../ask/run.ts";
import type { Invocation } from "../cli/types.ts";
import type { KubeObject } from "../../apis/meta.ts";

/** `tiltish start`: runs what does not run; what does is left alone. */
export const run = (invocation: Invocation): Promise<number> =>
  requestFor(invocation, async (session, named) => {
    assertEnabled(named);
    if (isOn(named.object)) return { text: "runs already" };
    const type = needsTrigger(named.object) ? "Trigger" : "Restart";
    const asked = await ask(session, named, { type });
    return { text: runOutcome("started", asked), asked };
  });

/** What has changed since, or was never built well, is built before it is served; or sent before the app restarts. */
function needsTrigger(object: KubeObject): boolean {
  if (object.kind === "CFAppSync" || isImage(object)) return true;
  const { build, pending } = runStatusOf(object);
  const { buildTemplate } = (object["spec"] ?? {}) as { buildTemplate?: object };
  return (
    buildTemplate !== undefined && (!build?.finishTime || build.error !== undefined || pending !== undefined)
  );
}
