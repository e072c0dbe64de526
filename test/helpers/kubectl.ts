import { execFileSync } from "node:child_process";
import { expect } from "vitest";
import { type Outcome, type Session, toManifest, writeFiles } from "./session.ts";

/** Undefined if there is none, which is told. */
export function kubectlVersion(): string | undefined {
  try {
    return execFileSync("kubectl", ["version", "--client"], { encoding: "utf8" }).split("\n")[0];
  } catch {
    console.error("!! kubectl is not on PATH: the tests that drive the real kubectl are skipped");
    return undefined;
  }
}

/** What it printed. */
export const succeeds = ({ exitCode, stdout, stderr }: Outcome): string => {
  expect.soft({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return stdout;
};

/** Writes a manifest into the project, and gives its path. */
export async function file(session: Session, name: string, ...objects: object[]): Promise<string> {
  await writeFiles(session, { [name]: toManifest(objects) });
  return `${session.root}/${name}`;
}
