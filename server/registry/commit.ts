import { isReadOnly } from "../../apis/kind.ts";
import { settling } from "../customresources/definition/settle.ts";
import { assertFits, type Decide, type Store } from "../storage/index.ts";
import { asDefined } from "./definitions.ts";
import { keyOf } from "./subject.ts";
import type { Target, Written } from "./types.ts";
import { decisionOn, readOnly, viewed } from "./view.ts";

type Outcome = Omit<Written, "created" | "warnings">;

/**
 * Decides on a change and makes it, or, for a dry run, only says what it would have made.
 *
 * @param decide is called once, with the newest state as its kind shows it.
 * @throws StatusError `MethodNotAllowed` for a view that can only be read, and what `decide` and the store throw.
 *   What says that the kind has changed is for `withNewest`.
 */
export async function commit(
  store: Store,
  target: Target,
  decide: Decide,
  dryRun: boolean | undefined,
): Promise<Outcome> {
  if (target.kind.view && isReadOnly(target.kind)) throw readOnly(target.kind);
  const { kind } = target;
  const decision = settling(store, kind, asDefined(kind, decide));
  if (!dryRun) return viewed(kind, await store.write(keyOf(target), decisionOn(kind, decision)));
  const stored = store.get(keyOf(target));
  const current = stored && viewed(kind, stored);
  const change = decision(current?.object, (key) => store.get(key)?.object);
  if (change === "unchanged") return current!;
  const object = "put" in change ? change.put : change.remove;
  const bytes = Buffer.from(JSON.stringify(object));
  if ("put" in change) assertFits(bytes);
  return { object, bytes };
}
