import { setDisabled } from "../ask/switch.ts";
import type { Invocation } from "../cli/types.ts";

/** `tiltish disable`: sets `spec.disabled` to true. */
export const run = (invocation: Invocation): Promise<number> => setDisabled(invocation, true);
