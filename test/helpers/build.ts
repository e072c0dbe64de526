import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Builds the binary once before any test, so that what is driven is what the sources say. Every project asks for it,
 * and another build would take the files away from a server that runs already.
 */
export function setup(): void {
  if (process.env["TILTISH_BUILT"]) return;
  process.env["TILTISH_BUILT"] = "1";
  const script = fileURLToPath(new URL("../../scripts/build.mjs", import.meta.url));
  execFileSync(process.execPath, [script], { stdio: "inherit" });
}
