import { ask } from "./ask.ts";
import { fail, ok, warn, type Finding } from "./check.ts";

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
  const answer = await ask("npm", ["--version"]);
  return answer.kind === "answered"
    ? ok("npm", answer.text)
    : warn("npm", "not on PATH", "needed only to install or update tiltish");
}
