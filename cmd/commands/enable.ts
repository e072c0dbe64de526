import { setDisabled } from "../ask/switch.ts";
import type { Invocation } from "../cli/types.ts";

/** `tiltish enable`: sets `spec.disabled` to false. */
export const run = (invocation: Invocation): Promise<number> => setDisabled(invocation, false);
