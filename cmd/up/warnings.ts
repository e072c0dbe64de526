import { say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Session } from "../connect/session.ts";
import { graphOf, refOfKey } from "../graph/model.ts";
import { unmetOf, type Unmet } from "../graph/problems.ts";
import { runnableObjects } from "../resources/runnables.ts";

/** `warning: LocalProcess/api waits for LocalProcess/db, which is disabled: tiltish enable db` */
export const warningOf = ({ key, message }: Unmet): string =>
  sanitize(`warning: ${refOfKey(key)} ${message}`);

/** Says who waits for what can never be, as things are on the server: silence would look like a hang. */
export async function warnOfUnmet(session: Session): Promise<void> {
  const objects = await runnableObjects(session);
  for (const unmet of unmetOf(graphOf(objects))) say(warningOf(unmet));
}
