import { endOwned, findOwned } from "./os/owned.ts";

/** How long processes have to end by themselves once their server is gone. */
export const GUARD_GRACE_MS = 2_000;

/**
 * The guard: it waits until the server at the other end of `stdin` is gone, however that came about, and then ends
 * every process that carries the mark of its store. It is a program of its own, so that a kill -9 of the server
 * cannot keep it from its work.
 */
export async function guardMain(
  storeId: string,
  stdin: NodeJS.ReadableStream,
  graceMs = GUARD_GRACE_MS,
): Promise<void> {
  // Only the end of the server ends the guard. Ctrl-C does not reach its session, but a careful user might.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  await new Promise<void>((resolve) => {
    stdin.once("end", resolve).once("close", resolve).once("error", resolve);
    stdin.resume();
  });
  await endOwned(() => findOwned(storeId), graceMs);
}
