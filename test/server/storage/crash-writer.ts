/**
 * Writes to the store in a directory until it is killed, and prints what was acknowledged.
 *
 * Several writers, each with objects of its own, and one object that all share; compaction runs beside them. Prints
 * `ready`, then a line per answered write: revision, name, and the count that it stored, or `removed`.
 */
import { writeSync } from "node:fs";
import { notFound } from "../../../apis/errors.ts";
import { Store } from "../../../server/storage/index.ts";
import { keyOf, objectOf, scope } from "./objects.ts";

const WRITERS = 6;
const OBJECTS = 5;

/** Straight to the pipe: a line that was printed must not be lost with the process. */
function say(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let written = 0; written < bytes.length;) written += writeSome(bytes.subarray(written));
}

function writeSome(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0; // the reader is slow
    throw error;
  }
}

const store = await Store.open({
  directory: process.argv[2]!,
  history: { minAgeMs: 0, minCount: 300 },
  onFatal: (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(74);
  },
});
say("ready");

// Counts go on after a restart, so that a lost or resurrected state cannot look right.
let count = store.revision * 10;

async function increment(name: string): Promise<void> {
  const mine = (count += 1);
  const text = `${"x".repeat((mine * 37) % 5_000)}${mine}`;
  const { revision } = await store.write(keyOf(name), () => ({ put: objectOf(name, { count: mine, text }) }));
  say(`${revision} ${name} ${mine}`);
}

async function remove(name: string): Promise<void> {
  const removal = store.write(keyOf(name), (current) => {
    if (!current) throw notFound(keyOf(name));
    return { remove: current };
  });
  const removed = await removal.catch(() => undefined); // another writer was first
  if (removed) say(`${removed.revision} ${name} removed`);
}

async function write(writer: number): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const name = turn % 3 === 0 ? "shared" : `w${writer}-${turn % OBJECTS}`;
    await (turn % 11 === 10 ? remove(name) : increment(name));
  }
}

async function compact(): Promise<void> {
  for (;;) {
    await store.compact();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

store.subscribe(scope, () => undefined);
await Promise.all([...Array.from({ length: WRITERS }, (_, writer) => write(writer)), compact()]);
