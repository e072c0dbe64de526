import { sessionFor } from "../connect/session.ts";
import { runningInstance } from "../instances.ts";
import { ask } from "./ask.ts";
import { ok, warn, type CheckContext, type Finding } from "./check.ts";

/** Older ones cannot work with the API as it is documented. */
const OLDEST = 27;
/** What Kubernetes promises to work with each other. */
const MAX_SKEW = 1;

interface Version {
  gitVersion?: string;
  minor?: string;
}

export async function kubectl({ stateDir }: CheckContext): Promise<Finding> {
  const answer = await ask("kubectl", ["version", "--client", "-o", "json"]);
  if (answer.kind === "absent") return ok("kubectl", "not on PATH; optional, as tiltish has the same verbs");
  const { gitVersion = "of an unknown version", minor } =
    answer.kind === "answered" ? clientIn(answer.text) : {};
  const own = Number.parseInt(minor ?? "", 10);
  if (own < OLDEST) {
    return warn("kubectl", `${gitVersion} is too old for apply and explain`, `install 1.${OLDEST} or later`);
  }
  const served = await servedVersion(stateDir);
  const theirs = Number.parseInt(served?.minor ?? "", 10);
  const pair = served?.gitVersion ? `${gitVersion}, and the server speaks ${served.gitVersion}` : gitVersion;
  return Math.abs(own - theirs) > MAX_SKEW
    ? ok("kubectl", `${pair}: further apart than Kubernetes promises, and tested down to 1.${OLDEST}`)
    : ok("kubectl", pair);
}

function clientIn(text: string): Version {
  try {
    return (JSON.parse(text) as { clientVersion?: Version }).clientVersion ?? {};
  } catch {
    return {};
  }
}

async function servedVersion(stateDir: string): Promise<Version | undefined> {
  const instance = runningInstance(stateDir);
  if (!instance) return undefined;
  try {
    return await sessionFor(instance).json<Version>("/version");
  } catch {
    return undefined; // The line about the server says so.
  }
}
