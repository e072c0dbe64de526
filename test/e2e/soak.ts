// A developer's day at high speed, against the built binary and a real git repository.
// `npm run build && npx tsx test/e2e/soak.ts --minutes 30 [--seed 4711]`
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { Day, type SoakOptions, type SoakReport } from "./soak/day.ts";
import { World } from "./soak/world.ts";

/** Lives that day, and says what was wrong. It ends at the first violation. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const directory = await mkdtemp(path.join(tmpdir(), "tiltish-soak-"));
  const world = new World(directory, seed);
  const day = new Day(world, { ...options, seed });
  options.tell?.(`seed ${seed}`);
  try {
    await day.run();
    return day.report;
  } finally {
    await world.session.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

if (process.argv[1]?.endsWith("soak.ts")) {
  const { values } = parseArgs({
    options: { minutes: { type: "string", default: "30" }, seed: { type: "string" } },
  });
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  const report = await soak({ minutes: Number(values.minutes), seed, tell: (line) => console.log(line) });
  console.table(report.counts);
  console.table(report.figures);
  for (const violation of report.violations) console.error(violation);
  console.log(`seed ${report.seed}: ${report.violations.length} violations`);
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}
