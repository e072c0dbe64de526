import { statSync } from "node:fs";
import { join } from "node:path";
import { ageOf } from "../../apis/duration.ts";
import { EXIT } from "../cli/errors.ts";
import { out, outLine, say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { runningInstances, type FoundInstance } from "../instances.ts";
import { Columns } from "../print/columns.ts";
import { nameOfInstance, tilde } from "../up/block.ts";

/** `tiltish ps`: the sessions that run on this machine. */
export function run({ options }: Invocation): number {
  const instances = runningInstances().toSorted((a, b) => a.root.localeCompare(b.root));
  if (options.text("output") === "json") {
    outLine(JSON.stringify(instances, undefined, 2));
    return EXIT.ok;
  }
  if (instances.length === 0) say("no session runs; tiltish up starts one");
  else out(new Columns().format([["NAME", "PID", "BY", "PORT", "AGE", "ROOT"], ...instances.map(rowOf)]));
  return EXIT.ok;
}

const rowOf = (instance: FoundInstance): string[] => {
  const { pid, how = "?", port, root } = instance;
  return [
    nameOfInstance(instance),
    String(pid),
    how,
    String(port),
    ageOf(Date.now() - startMsOf(instance)),
    tilde(root),
  ];
};

/** Its file is written when it starts. */
function startMsOf({ stateDir }: FoundInstance): number {
  try {
    return statSync(join(stateDir, "server.json")).mtimeMs;
  } catch {
    return Date.now(); // It has just ended.
  }
}
