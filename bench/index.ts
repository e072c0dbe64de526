import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { endAll } from "./lib/children.ts";
import { machineOf } from "./lib/machine.ts";
import { tableOf } from "./lib/table.ts";
import { burst } from "./burst.ts";
import { cfBytes } from "./cf/bytes.ts";
import { cfSave } from "./cf/save.ts";
import { clusterSave } from "./clusters/save.ts";
import { clusterUnchanged } from "./clusters/unchanged.ts";
import { command } from "./command.ts";
import { fairness } from "./fairness.ts";
import { imageSave } from "./images/save.ts";
import { imageUnchanged } from "./images/unchanged.ts";
import { idle } from "./idle.ts";
import { lists } from "./lists.ts";
import { logs } from "./logs.ts";
import { memory } from "./memory.ts";
import { processes } from "./processes.ts";
import { save } from "./save.ts";
import { startup } from "./startup.ts";
import { trees } from "./trees.ts";
import { watches } from "./watches.ts";
import { writes } from "./writes.ts";

const LOOP: readonly Benchmark[] = [save, burst, trees, processes, logs, idle];
const API: readonly Benchmark[] = [writes, watches, fairness, lists, command, startup, memory];
const CLOUD: readonly Benchmark[] = [cfSave, cfBytes];
const IMAGES: readonly Benchmark[] = [imageSave, imageUnchanged];
const CLUSTERS: readonly Benchmark[] = [clusterSave, clusterUnchanged];
const ALL = [...LOOP, ...API, ...CLOUD, ...IMAGES, ...CLUSTERS];

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
  });
  const names = ALL.map(({ name }) => name);
  const unknown = positionals.find((name) => !names.includes(name));
  if (values.help || unknown !== undefined) {
    console.error(`usage: npm run bench -- [--quick] [${names.join("|")}]...`);
    return values.help ? 0 : 2;
  }
  const chosen = ALL.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  if (!build()) return 1;
  return measureAll(chosen, values.quick);
}

/** What is measured is what users run: the bundle, made of the sources as they are now. */
function build(): boolean {
  const script = fileURLToPath(new URL("../scripts/build.mjs", import.meta.url));
  return spawnSync(process.execPath, [script], { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}

/** A promise that cannot be measured does not keep the others from it. */
async function measureAll(chosen: readonly Benchmark[], quick: boolean): Promise<number> {
  const base = mkdtempSync(join(tmpdir(), "tb-"));
  const cleanUp = () => {
    endAll();
    rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      cleanUp();
      process.exit(130);
    });
  }
  console.log([...machineOf(), ""].join("\n"));
  let failures = 0;
  try {
    for (const benchmark of chosen) {
      const settings = settingsFor(benchmark, base, quick);
      try {
        console.log(tableOf(benchmark, await benchmark.measure(settings)));
      } catch (error) {
        failures++;
        endAll();
        console.log(`${benchmark.name}: not measured: ${String(error)}\n`);
      }
    }
  } finally {
    cleanUp();
  }
  return failures > 0 ? 1 : 0;
}

function settingsFor({ name }: Benchmark, base: string, quick: boolean): Settings {
  let count = 0;
  return {
    quick,
    directory(what) {
      // Short, for a unix socket has room for 108 bytes.
      const path = join(base, `${name}-${what}-${++count}`);
      mkdirSync(path, { recursive: true });
      return path;
    },
    tell: (text) => console.error(`${name}: ${text}`),
  };
}
