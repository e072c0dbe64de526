import { execFileSync } from "node:child_process";

/** Undefined if there is none, which is told. */
export function kubectlVersion(): string | undefined {
  try {
    return execFileSync("kubectl", ["version", "--client"], { encoding: "utf8" }).split("\n")[0];
  } catch {
    console.error("!! kubectl is not on PATH: the tests that drive the real kubectl are skipped");
    return undefined;
  }
}
