// Kills a server that is being written to, again and again, and checks that nothing that was answered is lost.
// `npx tsx test/e2e/crash-cycle.ts --cycles 200`
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ConfigMap } from "../../apis/core/index.ts";
import { Client, HttpTransport } from "../../client/index.ts";
import { Session } from "../helpers/session.ts";

export interface CrashReport {
  cycles: number;
  acknowledged: number;
  /** What is wrong; empty if every promise was kept. */
  violations: string[];
}

const WRITERS = 8;
const OBJECTS = 4;
const MAX_LIFE_MS = 400;

/** What the server has answered, by object: the newest value, and its revision. */
type Answered = Map<string, { value: number; revision: number }>;

/** Runs `cycles` lives of one server over one state directory, each ended by SIGKILL at a random moment. */
export async function crashCycles(
  cycles: number,
  tell: (line: string) => void = () => {},
): Promise<CrashReport> {
  const directory = await mkdtemp(path.join(tmpdir(), "tiltish-crash-"));
  const session = new Session(directory);
  await mkdir(session.root);
  const answered: Answered = new Map();
  const report: CrashReport = { cycles: 0, acknowledged: 0, violations: [] };
  try {
    for (; report.cycles < cycles && report.violations.length === 0; report.cycles++) {
      await session.serve();
      const client = await clientOf(session);
      report.violations.push(...(await check(client, answered)));
      report.acknowledged += await writeUntilCrash(session, client, answered);
      tell(`cycle ${report.cycles + 1}: ${report.acknowledged} writes answered so far`);
    }
    await session.serve();
    report.violations.push(...(await check(await clientOf(session), answered)));
  } finally {
    await session.stop();
    await rm(directory, { recursive: true, force: true });
  }
  return report;
}

async function clientOf(session: Session): Promise<Client> {
  const token = (await readFile(path.join(session.stateDirectory, "token"), "utf8")).trim();
  return new Client(
    new HttpTransport({ socketPath: path.join(session.stateDirectory, "tiltish.sock"), token }),
  );
}

/** Every answered write is there, or a later one of the same writer that was not answered any more. */
async function check(client: Client, answered: Answered): Promise<string[]> {
  const { items, metadata } = await client.list(ConfigMap);
  const present = new Map(items.map((item) => [item.metadata.name, item]));
  const violations: string[] = [];
  for (const [name, { value, revision }] of answered) {
    const found = present.get(name);
    const stored = Number(found?.data?.["value"] ?? -1);
    if (stored < value) violations.push(`${name}: answered ${value}, found ${stored}`);
    if (found && found.data?.["padding"]?.length !== stored % 1000)
      violations.push(`${name}: torn at ${stored}`);
    if (Number(metadata.resourceVersion) < revision) violations.push(`revision went back below ${revision}`);
  }
  return violations;
}

async function writeUntilCrash(session: Session, client: Client, answered: Answered): Promise<number> {
  let count = 0;
  const ending = new AbortController();
  const over = ending.signal;
  const writer = async (id: number) => {
    for (let i = 0; !over.aborted; i++) {
      const name = `w${id}-${i % OBJECTS}`;
      const value = (answered.get(name)?.value ?? 0) + 1;
      const data = { value: String(value), padding: "x".repeat(value % 1000) };
      const { metadata } = await client.apply(ConfigMap, { metadata: { name }, data });
      answered.set(name, { value, revision: Number(metadata.resourceVersion) });
      count++;
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, id) => writer(id).catch(() => undefined));
  await delay(Math.random() * MAX_LIFE_MS);
  await session.crash();
  ending.abort();
  await Promise.all(writers);
  return count;
}

if (process.argv[1]?.endsWith("crash-cycle.ts")) {
  const { values } = parseArgs({ options: { cycles: { type: "string", default: "200" } } });
  const report = await crashCycles(Number(values.cycles), (line) => console.log(line));
  console.log(JSON.stringify(report));
  process.exit(report.violations.length > 0 ? 1 : 0);
}
