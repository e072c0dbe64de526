import { failure } from "../cli/errors.ts";
import type { Session } from "../connect/session.ts";
import { listType } from "../resources/runnables.ts";

/**
 * When a file was last saved that somebody watches.
 *
 * @throws CliError if that has not happened yet.
 */
export async function lastSaveTime(session: Session): Promise<string> {
  const { objects } = await listType(session, (await session.types()).one("filewatches"), session.namespace);
  const times = objects.flatMap(
    ({ status }) => (status as { lastEventTimestamp?: string } | undefined)?.lastEventTimestamp ?? [],
  );
  const last = times.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1);
  if (last === undefined) {
    throw failure(
      objects.length
        ? "nothing was saved yet since files are watched"
        : "no files are watched here, so that there is no last save",
    );
  }
  return last;
}
