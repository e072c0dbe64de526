import type { Outcome } from "../transport.ts";
import type { SshConnection } from "./connection.ts";
import { type Ran, ranOf } from "./run.ts";
import { quote } from "./shell.ts";

/** As long as an agent gives it. */
const LIMIT_MS = 120_000;
const AFTER_TERM_MS = 1_000;
/** Whatever is not gone so long after KILL is not waited for. */
const AFTER_KILL_MS = 10_000;

/**
 * Runs words as a command, in a group of its own; tells how it ended, and the last of what it has printed. That goes to a
 * file: what it leaves behind may go on, and print, and nobody waits for it. Each line of the input is a signal to it.
 */
const SCRIPT = `
cd -- "$1" || exit 126
output=$2/output; shift 2
rm -f -- "$output"
set -m
exec 3<&0
"$@" < /dev/null > "$output" 2>&1 3<&- &
command=$!
while read -r signal; do kill -s "$signal" -- "-$command" || kill -s "$signal" "$command"; done <&3 > /dev/null 2>&1 &
hearing=$!
wait "$command"
echo "$?"
kill "$hearing"
exec tail -c 2000 -- "$output"
`;

export interface CommandPlace {
  /** Directory of the app: it runs there. */
  readonly root: string;
  /** Directory in which what it prints is kept. */
  readonly state: string;
  readonly limitMs?: number;
}

/** Runs a command there to its end, or to that of its time. @throws ConnectionLostError */
export async function runCommand(
  connection: SshConnection,
  words: readonly string[],
  { root, state, limitMs = LIMIT_MS }: CommandPlace,
): Promise<Outcome> {
  const running = await connection.exec(`set -- ${[root, state, ...words].map(quote).join(" ")}${SCRIPT}`);
  const { channel } = running;
  let said = "";
  const timers = [
    setTimeout(() => {
      said = `it did not end within ${limitMs / 1000} seconds\n`;
      channel.write("TERM\n");
    }, limitMs),
    setTimeout(() => channel.write("KILL\n"), limitMs + AFTER_TERM_MS),
    setTimeout(() => channel.destroy(), limitMs + AFTER_TERM_MS + AFTER_KILL_MS),
  ];
  try {
    return outcomeOf(await ranOf(connection, running), said);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

const SIGNALLED = 128;

/** A shell has one number for exit codes and signals. */
function outcomeOf({ code: shell, stdout, stderr }: Ran, said: string): Outcome {
  const [, code, output] = /^(\d+)\n(.*)$/s.exec(stdout.toString("utf8")) ?? [];
  if (code === undefined) return { result: "crashed", exit: String(shell ?? ""), output: stderr + said };
  if (code === "0") return { result: "ok" };
  const exit = Number(code) > SIGNALLED ? `SIG${Number(code) - SIGNALLED}` : code;
  return { result: "crashed", exit, output: output + said };
}
