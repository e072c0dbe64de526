import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fail, ok, warn, type Finding } from "./check.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 5_000;

/** The line that a program answers; undefined if it is not there. */
async function ask(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run(program, args, { timeout: TIMEOUT_MS });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

export function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    return fail("node", `${process.version} is too old`, "install Node 22 or 24");
  }
  if (major < 22) {
    return warn("node", `${process.version} works, but is no longer maintained`, "install Node 22 or 24");
  }
  return ok("node", process.version);
}

export async function npm(): Promise<Finding> {
  const version = await ask("npm", ["--version"]);
  return version === undefined
    ? warn("npm", "not on PATH", "needed only to install or update tiltish")
    : ok("npm", version);
}

/** Older ones cannot work with the API as it is documented. */
const OLDEST_KUBECTL = 27;

export async function kubectl(): Promise<Finding> {
  const text = await ask("kubectl", ["version", "--client", "-o", "json"]);
  if (text === undefined) return warn("kubectl", "not on PATH", "optional: tiltish has the same verbs");
  const { gitVersion = "", minor = "0" } = clientVersion(text);
  return Number.parseInt(minor, 10) < OLDEST_KUBECTL
    ? warn(
        "kubectl",
        `${gitVersion} is too old for apply and explain`,
        `install 1.${OLDEST_KUBECTL} or later`,
      )
    : ok("kubectl", gitVersion);
}

function clientVersion(text: string): { gitVersion?: string; minor?: string } {
  try {
    return (
      (JSON.parse(text) as { clientVersion?: { gitVersion?: string; minor?: string } }).clientVersion ?? {}
    );
  } catch {
    return {};
  }
}
