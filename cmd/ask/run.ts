import { EXIT, usageError } from "../cli/errors.ts";
import type { Invocation } from "../cli/types.ts";
import { connect } from "../connect/session.ts";
import { NAMED_KINDS } from "../resources/named.ts";
import type { NamedObject } from "../resources/runnable.ts";
import { doToEach, type Act } from "./each.ts";
import { DEFAULT_WAIT_MS, waitForAll } from "./settled.ts";
import { subjectsOf } from "./subjects.ts";

const KINDS: readonly string[] = NAMED_KINDS.running;

/** Asks each of what the words name for something; with `--wait`, until that is done. @returns the exit code. */
export async function requestFor({ options, args }: Invocation, act: Act): Promise<number> {
  const timeoutMs = options.durationMs("timeout") ?? DEFAULT_WAIT_MS;
  const session = await connect(options);
  const all = await subjectsOf({ session, options, args, kinds: KINDS });
  const wrong = all.find(({ type }) => !KINDS.includes(type.kind));
  if (wrong) throw neverRuns(wrong);
  const { asked, exitCode } = await doToEach(session, all, act);
  if (!options.flag("wait") || asked.length === 0) return exitCode;
  const waited = await waitForAll(session, { asked, timeoutMs });
  return exitCode === EXIT.ok ? waited : exitCode;
}

const neverRuns = ({ type, object }: NamedObject): Error =>
  usageError(`${type.kind}/${object.metadata.name} runs nothing; what can be triggered: ${KINDS.join(", ")}`);
