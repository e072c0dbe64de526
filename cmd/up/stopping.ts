import type { KubeObject } from "../../apis/meta.ts";
import { say } from "../cli/io.ts";
import type { Session } from "../connect/session.ts";
import type { Host } from "../host/host.ts";
import type { Ending } from "../host/signals.ts";
import { listType } from "../resources/runnables.ts";

const EVERY_MS = 1_000;

/** Ends all processes, then the server; says who takes its time. */
export async function closeWithProgress(host: Host, session: Session, ending: Ending): Promise<void> {
  const running = await runningProcesses(session).catch(() => []);
  if (ending.signal.aborted) say(`stopping ${countOf(running)}; once more kills`);
  const timer = setInterval(() => {
    const slow = running.filter(({ pid }) => isThere(pid));
    if (slow.length) say(`still stopping: ${slow.map(({ name, pid }) => `${name} (pid ${pid})`).join(", ")}`);
  }, EVERY_MS);
  try {
    await host.close();
  } finally {
    clearInterval(timer);
  }
}

interface RunningProcess {
  name: string;
  pid: number;
}

async function runningProcesses(session: Session): Promise<RunningProcess[]> {
  const { objects } = await listType(session, (await session.types()).one("localprocesses"));
  return objects.flatMap((object) => {
    const pid = pidOf(object);
    return pid === undefined ? [] : [{ name: object.metadata.name, pid }];
  });
}

const pidOf = ({ status }: KubeObject): number | undefined => (status as { pid?: number } | undefined)?.pid;

const countOf = ({ length }: readonly unknown[]): string =>
  length === 1 ? "1 process" : `${length} processes`;

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
