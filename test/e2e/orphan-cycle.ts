// Kills a server that runs nasty programs, again and again, sometimes with its guard, and checks that nothing is left
// behind and nothing runs twice. `npx tsx test/e2e/orphan-cycle.ts --cycles 200`
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ours, Session } from "../helpers/session.ts";

export interface OrphanReport {
  cycles: number;
  /** Cycles in which the guard was killed too. */
  guardsKilled: number;
  /** Processes that were running when a server was killed. */
  killed: number;
  /** Of these, those that still ran when they should not; and runs that began beside a living one. */
  orphans: number;
  doubles: number;
  /** The longest that it took the guard to end everything. */
  slowestEndMs: number;
}

/** Whoever is of a run holds its lock, however it has left: a second one gives itself away. */
const locked = (name: string, script: string) =>
  `exec 9>>${name}.lock; flock -n -E 99 9; [ $? = 99 ] && touch ${name}.double; ${script}`;

const NASTY: Readonly<Record<string, string>> = {
  "ignores-term": "trap '' TERM; while :; do sleep 0.05; done",
  "double-forks": "( (trap '' TERM; while :; do sleep 0.05; done) & ); exec sleep 600",
  setsid: `setsid sh -c "trap '' TERM; while :; do sleep 0.05; done" & wait`,
  floods: "exec yes flooding stdout",
  "zombie-parent": "sleep 0 & exec sleep 600",
};

const MAX_LIFE_MS = 800;
/** The grace of the guard, and what a busy machine needs beside. */
const MAX_END_MS = 10_000;

/** Runs `cycles` lives of one server, each ended by SIGKILL at a random moment. */
export async function orphanCycles(
  cycles: number,
  tell: (line: string) => void = () => {},
): Promise<OrphanReport> {
  const directory = await mkdtemp(path.join(tmpdir(), "tiltish-orphans-"));
  const session = new Session(directory);
  await mkdir(session.root);
  const mark = `NASTY_OF=${randomBytes(8).toString("hex")}`;
  const report: OrphanReport = {
    cycles: 0,
    guardsKilled: 0,
    killed: 0,
    orphans: 0,
    doubles: 0,
    slowestEndMs: 0,
  };
  try {
    await session.serve();
    await session.apply(...objectsWith(mark));
    for (; report.cycles < cycles; report.cycles++) {
      await cycle(session, mark, report);
      report.doubles = readdirSync(session.root).filter((name) => name.endsWith(".double")).length;
      tell(JSON.stringify(report));
    }
  } finally {
    await session.stop();
    report.orphans += carriersOf(mark).length;
    await rm(directory, { recursive: true, force: true });
  }
  return report;
}

const objectsWith = (mark: string): object[] => {
  const [name, value] = mark.split("=") as [string, string];
  return Object.entries(NASTY).map(([each, script]) =>
    ours("LocalProcess", each, {
      argv: ["sh", "-c", locked(each, script)],
      env: { [name]: value },
      daemon: true,
      backoff: { initial: "50ms" },
    }),
  );
};

async function cycle(session: Session, mark: string, report: OrphanReport): Promise<void> {
  await delay(Math.random() * MAX_LIFE_MS);
  const before = carriersOf(mark);
  const kind = Math.random();
  if (kind < 0.25) report.guardsKilled += killGuardOf(session.pid);
  await session.crash();
  const present = carriersOf(mark);
  report.killed += new Set([...before, ...present]).size;
  // In half of the cycles the guard has to do it alone; else the next server sweeps at the same time.
  if (kind >= 0.25 && kind < 0.6) await endOf(mark, report);
  const old = carriersOf(mark);
  await session.serve();
  report.orphans += carriersOf(mark).filter((pid) => old.includes(pid)).length;
}

async function endOf(mark: string, report: OrphanReport): Promise<void> {
  const since = performance.now();
  while (carriersOf(mark).length > 0 && performance.now() - since < MAX_END_MS) await delay(20);
  report.orphans += carriersOf(mark).length;
  report.slowestEndMs = Math.max(report.slowestEndMs, Math.round(performance.now() - since));
}

/** @returns How many it has killed. */
function killGuardOf(server: number): number {
  const guards = pids().filter((pid) => parentOf(pid) === server && read(pid, "cmdline").includes("guard"));
  for (const pid of guards) process.kill(pid, "SIGKILL");
  return guards.length;
}

const carriersOf = (mark: string): number[] =>
  pids().filter((pid) => read(pid, "environ").includes(mark) && stateOf(pid) !== "Z");

const pids = (): number[] => readdirSync("/proc").map(Number).filter(Boolean);

const afterName = (pid: number): string[] => read(pid, "stat").split(") ").at(-1)!.split(" ");
const stateOf = (pid: number): string => afterName(pid)[0]!;
const parentOf = (pid: number): number => Number(afterName(pid)[1]);

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

if (process.argv[1]?.endsWith("orphan-cycle.ts")) {
  const { values } = parseArgs({ options: { cycles: { type: "string", default: "200" } } });
  const report = await orphanCycles(Number(values.cycles), (line) => console.log(line));
  console.log(JSON.stringify(report));
  process.exit(report.orphans + report.doubles > 0 ? 1 : 0);
}
