import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { paintFor, wantsColor, type Paint } from "../cli/color.ts";
import { EXIT } from "../cli/errors.ts";
import { outLine } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { fail, type Check, type CheckContext, type Finding } from "../doctor/check.ts";
import { kubectl } from "../doctor/kubectl.ts";
import { clock, ports, sessionDirectories, wsl } from "../doctor/machine.ts";
import { node, npm } from "../doctor/programs.ts";
import { server } from "../doctor/server.ts";
import {
  instances,
  leftovers,
  openFiles,
  processLimit,
  projectFiles,
  stateFiles,
  watches,
} from "../doctor/system.ts";
import { buildkit, cloudFoundry, containers, rsync, ssh } from "../doctor/tools.ts";
import { stateDirFor } from "../host/options.ts";

const CHECKS: readonly Check[] = [
  node,
  npm,
  sessionDirectories,
  stateFiles,
  projectFiles,
  watches,
  instances,
  openFiles,
  processLimit,
  ports,
  clock,
  wsl,
  server,
  leftovers,
  kubectl,
  containers,
  buildkit,
  cloudFoundry,
  ssh,
  rsync,
];

/** `tiltish doctor`: everything that is known to get in the way, with what to do about it. */
export async function run({ options }: Invocation): Promise<number> {
  const root = projectRoot(process.cwd());
  const context = { root, stateDir: await stateDirFor(options, root) };
  const findings = await Promise.all(CHECKS.map((check) => lookAt(check, context)));
  if (options.text("output") === "json") outLine(JSON.stringify({ ...context, findings }, undefined, 2));
  else print(findings, paintFor(wantsColor(process.stdout)));
  return findings.some(({ verdict }) => verdict === "fail") ? EXIT.failed : EXIT.ok;
}

/** A check that fails itself is a finding too. */
async function lookAt(check: Check, context: CheckContext): Promise<Finding> {
  try {
    return await check(context);
  } catch (error) {
    return fail(
      check.name,
      `could not be checked: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Where the tiltish.yaml is that `up` would find, or here. */
function projectRoot(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "tiltish.yaml"))) return directory;
    if (existsSync(join(directory, ".git")) || dirname(directory) === directory) return start;
  }
}

function print(findings: readonly Finding[], paint: Paint): void {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const word = { ok: paint.good("ok  "), warn: paint.warn("warn"), fail: paint.bad("fail") };
  for (const { name, verdict, message, fix } of findings) {
    outLine(`${word[verdict]}  ${name.padEnd(width)}  ${message}`);
    if (fix) outLine(`      ${" ".repeat(width)}  → ${fix}`);
  }
}
