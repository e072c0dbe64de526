import type { Invocation } from "../cli/types.ts";
import { failure } from "../cli/errors.ts";

/** `tiltish __guard STORE_ID`: outlives its server just long enough to end what that left running. */
export function run({ args: [storeId] }: Invocation): never {
  throw failure(`not there yet: ${storeId}`);
}
