import type { KubeObject } from "../../apis/meta.ts";
import { assertFits, type Change, type ObjectKey, type Store } from "../storage/index.ts";
import type { Written } from "./types.ts";

type Outcome = Omit<Written, "created" | "warnings">;

/**
 * Decides on a change and makes it, or, for a dry run, only says what it would have made.
 *
 * @param decide is called once, with the newest state.
 */
export async function commit(
  store: Store,
  key: ObjectKey,
  decide: (current: KubeObject | undefined) => Change,
  dryRun: boolean | undefined,
): Promise<Outcome> {
  if (!dryRun) return store.write(key, decide);
  const current = store.get(key);
  const change = decide(current?.object);
  if (change === "unchanged") return current!;
  const object = "put" in change ? change.put : change.remove;
  const bytes = Buffer.from(JSON.stringify(object));
  if ("put" in change) assertFits(bytes);
  return { object, bytes };
}
