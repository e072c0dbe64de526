import { ask } from "../ask/request.ts";
import { assertEnabled, isOn } from "../ask/outcome.ts";
import { requestFor } from "../ask/run.ts";
import type { Invocation } from "../cli/types.ts";

/** `tiltish stop`: ends it, until a newer request or change runs it again. */
export const run = (invocation: Invocation): Promise<number> =>
  requestFor(invocation, async (session, named) => {
    assertEnabled(named);
    const ran = isOn(named.object);
    const asked = await ask(session, named, { type: "Stop" });
    return { text: ran ? "is being stopped" : "did not run, and stays stopped", asked };
  });
