import { join } from "node:path";
import { copyFile } from "node:fs/promises";
import type { KubeObject } from "../../apis/meta.ts";
import { paintFor, wantsColor } from "../cli/color.ts";
import { EXIT } from "../cli/errors.ts";
import { out, outLine } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import type { Session } from "../connect/session.ts";
import type { Ending } from "../host/signals.ts";
import type { Prepared } from "../up/prepare.ts";
import { listType } from "../resources/runnables.ts";
import { Screen } from "../up/screen.ts";
import { awaitVerdict } from "../verdict/await.ts";
import type { Terms, Verdict } from "../verdict/verdict.ts";
import { lastLinesOf } from "./lastlines.ts";
import { LogFiles } from "./logfiles.ts";
import { Progress } from "./progress.ts";
import { AllLogs } from "./stream.ts";
import { summarized, summaryText, type Summary } from "./summary.ts";

export interface CiOptions {
  prepared: Prepared;
  terms: Terms;
  ending: Ending;
  options: Options;
  /** When it was asked for. */
  beganMs: number;
}

/** Waits for the end, shows what is written meanwhile, and sums up. @returns the exit code. */
export async function ciRun(ci: CiOptions): Promise<number> {
  const { prepared, ending } = ci;
  const { session } = prepared;
  const files = logFilesFor(ci);
  const logs = new AllLogs(session, [...(isJson(ci) ? [] : [screenFor(ci)]), ...(files ? [files] : [])]);
  const stopped = new AbortController();
  const following = logs.follow(AbortSignal.any([ending.signal, stopped.signal]));
  const verdict = await watched(ci);
  stopped.abort();
  await following.catch(() => undefined);
  const processes = await processesOf(session);
  await logs.drain(processes);
  await closeLogs(ci, files);
  const summary = await summaryOf(ci, verdict, { processes, durationMs: Date.now() - ci.beganMs });
  if (isJson(ci)) outLine(JSON.stringify(summary, undefined, 2));
  else out(`\n${summaryText(summary, paintFor(wantsColor(process.stdout)))}`);
  return ending.signal.aborted ? ending.exitCode : CODES[verdict.result];
}

const CODES = {
  succeeded: EXIT.ok,
  failed: EXIT.failed,
  timeout: EXIT.timeout,
  running: EXIT.failed,
} as const;

const isJson = ({ options }: CiOptions): boolean => options.text("output") === "json";

async function watched({ prepared, terms, ending }: CiOptions): Promise<Verdict> {
  const progress = new Progress();
  try {
    const objects = prepared.applied.map(({ object }) => object);
    const onLook = (verdict: Verdict) => progress.look(verdict);
    return await awaitVerdict({ session: prepared.session, objects, terms, signal: ending.signal, onLook });
  } finally {
    progress.stop();
  }
}

const screenFor = ({ prepared, options }: CiOptions): Screen =>
  new Screen({
    session: prepared.session,
    applied: prepared.applied,
    since: new Date(0).toISOString(),
    timestamps: options.flag("timestamps"),
  });

function logFilesFor({ prepared, options }: CiOptions): LogFiles | undefined {
  const directory = options.text("log-dir");
  if (directory === undefined) return undefined;
  const resources = prepared.applied.filter(({ type }) => type.kind === "LocalResource");
  return new LogFiles(directory, new Set(resources.map(({ object }) => object.metadata.name)));
}

async function closeLogs({ prepared, options }: CiOptions, files: LogFiles | undefined): Promise<void> {
  files?.close();
  const directory = options.text("log-dir");
  if (directory === undefined) return;
  // The state directory is removed with the run; what the server had to say is kept.
  await copyFile(join(prepared.instance.stateDir, "server.log"), join(directory, "tiltish-server.log"));
}

async function processesOf(session: Session): Promise<KubeObject[]> {
  const { objects } = await listType(session, (await session.types()).one("localprocesses"));
  return objects;
}

async function summaryOf(
  { prepared, ending }: CiOptions,
  { result, message, targets, culprits }: Verdict,
  { processes, durationMs }: { processes: readonly KubeObject[]; durationMs: number },
): Promise<Summary> {
  const isBad = (target: Verdict["targets"][number]) =>
    culprits.includes(target) || target.state === "failed";
  const rows = targets.map(async (target) =>
    summarized(target, isBad(target) ? await lastLinesOf(prepared.session, target, processes) : []),
  );
  return {
    result: ending.signal.aborted || result === "running" ? "interrupted" : result,
    ...(message !== undefined && { message }),
    durationMs,
    targets: await Promise.all(rows),
  };
}
