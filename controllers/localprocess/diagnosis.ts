import { stripVTControlCharacters } from "node:util";
import type { LocalProcessSpec } from "../../apis/v1alpha1/index.ts";
import { holderOf, type Holder } from "./os/listeners.ts";

/** A stack trace is longer than what it is about. */
const KEPT_BYTES = 8 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

/** The end of what a run wrote to stderr: mostly it says why it ended. */
export class LastWords {
  #tail: Buffer = NOTHING;

  push(chunk: Buffer): void {
    const joined = chunk.length < KEPT_BYTES ? Buffer.concat([this.#tail, chunk]) : chunk;
    this.#tail = Buffer.from(joined.subarray(-KEPT_BYTES));
  }

  get lines(): string[] {
    return stripVTControlCharacters(this.#tail.toString()).split("\n");
  }
}

const IN_USE = /EADDRINUSE|address (?:is )?already in use|port \d{2,5} is (?:already )?(?:in use|used)/i;
/** A number that stands as a port does: `:::3000`, `0.0.0.0:8080`, `port 3000`. */
const PORT = /(?::|\bport[: ]+)(\d{2,5})\b/i;

/** Who has the port that a run could not get; undefined if that was not why it ended. */
export async function explainPort(
  lines: readonly string[],
  spec: Pick<LocalProcessSpec, "ports">,
  ports: Readonly<Record<string, number>>,
): Promise<string | undefined> {
  const telling = lines.filter((line) => IN_USE.test(line));
  if (telling.length === 0) return undefined;
  const said = Number(telling.map((line) => PORT.exec(line)?.[1]).find((port) => port !== undefined));
  const candidates = Number.isNaN(said) ? Object.values(ports) : [said];
  for (const port of candidates) {
    const holder = await holderOf(port);
    if (holder) return `port ${port} is held by ${describe(holder)}; ${adviceFor(port, spec, ports)}`;
  }
  return Number.isNaN(said) ? undefined : `port ${said} is in use; ${adviceFor(said, spec, ports)}`;
}

function describe({ program, pid, ageMs, dir }: Holder): string {
  const age = ageMs === undefined ? "" : `, started ${ageText(ageMs)} ago`;
  return `${program} (pid ${pid}${age}${dir ? `, in ${dir}` : ""})`;
}

function ageText(ageMs: number): string {
  const seconds = Math.round(ageMs / 1000);
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}

function adviceFor(
  port: number,
  { ports = [] }: Pick<LocalProcessSpec, "ports">,
  chosen: Readonly<Record<string, number>>,
): string {
  const index = ports.findIndex(({ name }) => chosen[name] === port);
  if (index < 0) return "end it, or have another port chosen: spec.ports and $(port:NAME)";
  return `end it (tiltish down -C its directory), or set spec.ports[${index}].port: 0`;
}
