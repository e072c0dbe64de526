import type { Foundation } from "./foundation/index.ts";
import type { Breakable } from "./faults.ts";
import type { Wire } from "./wire/index.ts";

/** What happened so far. */
export interface Counters {
  readonly ssh: {
    /** Connections, whether they came to a login or not. */
    readonly connections: number;
    readonly logins: number;
    readonly refused: number;
    readonly codesIssued: number;
    readonly codesUsed: number;
    /** Commands, shells and subsystems that were started in containers. */
    readonly processes: number;
    readonly forwards: number;
    readonly bytesUp: number;
    readonly bytesDown: number;
  };
  readonly http: {
    readonly connections: number;
    /** By method and path, such as `GET /v3/apps/:guid`; `app` is what went to apps. */
    readonly requests: Readonly<Record<string, number>>;
    readonly bytesUp: number;
    readonly bytesDown: number;
  };
}

export function countersOf({ platform, ssh, wires }: Breakable, { requests }: Foundation): Counters {
  const { codesIssued, codesUsed } = platform.uaa;
  return {
    ssh: { ...ssh.counters, ...countsOf(wires.ssh), codesIssued, codesUsed },
    http: { ...countsOf(wires.http), requests: Object.fromEntries(requests) },
  };
}

const countsOf = ({ connections, bytes }: Wire) => ({
  connections,
  bytesUp: bytes.up,
  bytesDown: bytes.down,
});
