import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

/** When a process started, in whatever the system counts; undefined if there is none. */
export function startTimeOf(pid: number): string | undefined {
  try {
    if (process.platform === "linux") return fromProc(readFileSync(`/proc/${pid}/stat`, "utf8"));
    // Only here, for loading it costs every command a millisecond or two.
    const { execFileSync } = process.getBuiltinModule("node:child_process");
    const text = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Whether this very process still runs; another one that was given its number does not count. */
export const isRunning = ({ pid, startTime }: ProcessIdentity): boolean => startTimeOf(pid) === startTime;

/** Field 22. The name in field 2 may hold anything, so counting begins after its last bracket. A zombie is gone. */
function fromProc(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}
