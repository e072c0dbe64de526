import { ask } from "../ask/request.ts";
import { assertEnabled, runOutcome } from "../ask/outcome.ts";
import { requestFor } from "../ask/run.ts";
import type { Invocation } from "../cli/types.ts";

/** `tiltish restart`: runs it again from the start; a LocalResource without a build. */
export const run = (invocation: Invocation): Promise<number> =>
  requestFor(invocation, async (session, named) => {
    assertEnabled(named);
    const asked = await ask(session, named, { type: "Restart" });
    return { text: runOutcome("restarted", asked), asked };
  });
