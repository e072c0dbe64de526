import type { Invocation } from "../cli/types.ts";
import { findInstance, namespaceFrom } from "../connect/find.ts";
import { sessionFor } from "../connect/session.ts";
import { listenForEnd } from "../host/signals.ts";
import { appliedByUp } from "../up/prune.ts";
import { show } from "../up/show.ts";

/** `tiltish attach`: the logs and keys of a session that runs; leaving it changes nothing. */
export async function run({ options }: Invocation): Promise<number> {
  const instance = findInstance(options);
  const session = sessionFor(instance, namespaceFrom(options));
  const targets = await appliedByUp(session);
  const applied = targets.map((target) => ({ ...target, result: "unchanged" }));
  const timestamps = options.flag("timestamps");
  const prepared = { session, instance, applied, pruned: 0 };
  return show(prepared, { root: instance.root, ending: listenForEnd(), timestamps });
}
