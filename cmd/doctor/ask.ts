import { execFile } from "node:child_process";

export type Answer =
  { kind: "answered"; text: string } | { kind: "failed"; text: string } | { kind: "absent" };

const TIMEOUT_MS = 5_000;

/** What a program says, if it is there. Never throws. */
export const ask = (program: string, args: readonly string[]): Promise<Answer> =>
  new Promise((resolve) => {
    execFile(program, [...args], { timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      if (!error) return resolve({ kind: "answered", text: stdout.trim() || stderr.trim() });
      const { code, killed } = error as NodeJS.ErrnoException & { killed?: boolean };
      if (code === "ENOENT" || code === "EACCES") return resolve({ kind: "absent" });
      const text = killed
        ? `no answer within ${TIMEOUT_MS / 1000}s`
        : lastLine(stderr) || lastLine(stdout) || error.message;
      resolve({ kind: "failed", text });
    });
  });

export const lastLine = (text: string): string => text.trim().split("\n").at(-1)!.trim();
