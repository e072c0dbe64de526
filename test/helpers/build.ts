import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds the binary once before any test, so that what is driven is what the sources say. */
export function setup(): void {
  const script = fileURLToPath(new URL("../../scripts/build.mjs", import.meta.url));
  execFileSync(process.execPath, [script], { stdio: "inherit" });
}
