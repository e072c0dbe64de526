import { guardMain } from "../../controllers/localprocess/guard.ts";
import { usageError } from "../cli/errors.ts";
import type { Invocation } from "../cli/types.ts";

/** `tiltish __guard STORE_ID`: outlives its server just long enough to end what that left running. */
export async function run({ args: [storeId] }: Invocation): Promise<void> {
  if (!storeId) throw usageError("__guard is started by the server, not by people");
  await guardMain(storeId, process.stdin);
}
