import { writeSync } from "node:fs";

/** Data: what a script would read. */
export function out(text: string): void {
  process.stdout.write(text);
}

export const outLine = (line: string): void => out(`${line}\n`);

/** Chatter: what only people read. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Who reads us with `head` closes early; that is no error of anybody. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
      // The terminal was closed. SIGHUP says so too, and lets us end in order.
      if (error.code === "EIO") return;
      throw error;
    });
  }
}

/** Ends the process once what was written has left it: pipes are written to behind our back. */
export async function exitWhenWritten(code: number): Promise<never> {
  process.exitCode = code;
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit(code);
}

const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.writableLength === 0 || stream.destroyed) resolve();
    else stream.write("", () => resolve());
  });

/** For the last words of a process that is about to end. */
export function sayNow(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Nobody listens any more.
  }
}
