import { LocalProcess } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";

const ERROR_LINES = "20";

/** What went wrong, and the last lines that the build wrote: often all that one needs to mend it. */
export async function errorOf(client: Client, process: LocalProcess): Promise<string> {
  const { message = `exit code ${process.status?.exitCode}`, run } = process.status ?? {};
  const lines = await lastLines(client, process, {
    tailLines: ERROR_LINES,
    ...(run && { run: String(run) }),
  });
  return lines === "" ? message : `${message}\n${lines}`;
}

/** Without its log the exit code still says that it failed. */
async function lastLines(
  client: Client,
  process: LocalProcess,
  query: Record<string, string>,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of client.log(LocalProcess, process.metadata, query)) chunks.push(chunk);
  } catch {
    return "";
  }
  return Buffer.concat(chunks).toString().trimEnd();
}
