import { CliError, EXIT } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import { trigger } from "../commands/trigger.ts";
import type { Session } from "../connect/session.ts";
import { fetchTables } from "../get/fetch.ts";
import { aborted, type Ending } from "../host/signals.ts";
import { TablePrinter } from "../print/table.ts";
import type { AppliedObject } from "./apply.ts";
import { CTRL_C, KEY_HELP, listenForKeys } from "./keys.ts";
import { streamEverything, type StreamOptions } from "./stream.ts";

/** Streams logs and obeys keys until somebody ends it, or the server is gone. @returns the exit code. */
export async function runUntilEnd(options: StreamOptions, ending: Ending): Promise<number> {
  const stopKeys = listenForKeys({
    r: () => void triggerAll(options.session, options.applied).catch(complain),
    s: () => void showStatus(options.session).catch(complain),
    "?": () => outLine(KEY_HELP),
    q: () => ending.end(EXIT.ok),
    [CTRL_C]: () => ending.end(EXIT.interrupted),
  });
  try {
    await Promise.race([aborted(ending.signal), streamEverything(options)]);
    return ending.exitCode;
  } catch (error) {
    if (ending.signal.aborted) return ending.exitCode;
    throw error instanceof CliError
      ? error
      : new CliError(`the server is gone: ${textOf(error)}`, EXIT.noSession);
  } finally {
    stopKeys();
  }
}

async function triggerAll(session: Session, applied: readonly AppliedObject[]): Promise<void> {
  const runnable = applied.filter(({ type }) => /^Local(Process|Resource)$/.test(type.kind));
  for (const one of runnable) outLine(`${one.object.metadata.name} ${await trigger(session, one)}`);
}

async function showStatus(session: Session): Promise<void> {
  const types = await session.types();
  for (const type of types.all.filter(({ categories }) => categories.includes("tiltish"))) {
    const query = {
      namespace: undefined,
      labelSelector: undefined,
      fieldSelector: undefined,
      chunkSize: 500,
    };
    const { parts } = await fetchTables(session, { type, names: undefined }, query);
    if (!parts.some(({ rows }) => rows?.length)) continue;
    const printer = new TablePrinter({ wide: true });
    outLine(parts.map((part) => printer.print(part)).join(""));
  }
}

const complain = (error: unknown): void => say(`tiltish: ${textOf(error)}`);
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
