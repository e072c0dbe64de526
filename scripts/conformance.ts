// Asks a server whether it follows the rules of the API, and writes docs/reference/conformance.md: `npm run conformance`.
//   --check        fails if the page is not what would be written
//   --report FILE  takes a report of vitest that is there already
//   --out FILE     writes the page elsewhere; of a server that the environment names it goes to the terminal otherwise
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { conformancePage, untestedRules } from "./conformance/page.ts";
import { readReport, type Report } from "./conformance/report.ts";

const PAGE = fileURLToPath(new URL("../docs/reference/conformance.md", import.meta.url));
const { values } = parseArgs({
  options: { check: { type: "boolean" }, report: { type: "string" }, out: { type: "string" } },
});

const report = values.report ? await readReport(values.report) : await run();
const page = conformancePage(report);
const problems = problemsOf(report);
if (values.check) problems.push(...(await staleness()));
else await write();
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);

/** Runs the suite. */
async function run(): Promise<Report> {
  const directory = await mkdtemp(path.join(tmpdir(), "tiltish-report-"));
  const file = path.join(directory, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  spawnSync("npx", ["--no-install", "vitest", "run", "--project", "conformance", ...reporters], {
    stdio: "inherit",
  });
  try {
    return await readReport(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function problemsOf({ tests }: Report): string[] {
  const failed = tests.filter(({ outcome }) => outcome === "fail");
  const untested = untestedRules(tests);
  return [
    ...failed.map(({ name }) => `does not hold: ${name}`),
    ...(untested.length > 0 ? [`no test for rule ${untested.join(", ")}`] : []),
  ];
}

async function staleness(): Promise<string[]> {
  const written = await readFile(PAGE, "utf8").catch(() => "");
  return written === page ? [] : ["docs/reference/conformance.md is stale: run npm run conformance"];
}

async function write(): Promise<void> {
  const isForeign = Boolean(process.env["TILTISH_CONFORMANCE_URL"]);
  const file = values.out ?? (isForeign ? undefined : PAGE);
  if (file === undefined) process.stdout.write(page);
  else await writeFile(file, page);
}
