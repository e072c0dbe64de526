import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Store, StoreError } from "../../../server/storage/index.ts";
import { changesOf, lineOf, openStore, put, remove, scope, temporaryDirectory } from "./helpers.ts";

const SEED = Number(process.env["TILTISH_SEED"] ?? 1);
const DAMAGES = Number(process.env["TILTISH_DAMAGES"] ?? 300);

/** Small, fast, and the same everywhere: mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof randomOf>;

/** Everything that a store can be asked. */
function answersOf(store: Store): string[] {
  const revisions = [store.compactedRevision, Math.floor((store.compactedRevision + store.revision) / 2)];
  const lists = revisions.flatMap((revision) => store.listAt(scope, revision));
  return [
    `${store.id} ${store.compactedRevision} ${store.revision}`,
    ...[...store.list(scope), ...lists].map(({ bytes }) => bytes.toString()),
    ...changesOf(store).map(lineOf),
  ];
}

/** A closed store with everything in it that a store can have: history, large objects, free pages. */
async function storeWithALife(directory: string, random: Random): Promise<string[]> {
  const store = await openStore({ directory, history: { minAgeMs: 0, minCount: 60 } });
  for (let step = 0; step < 200; step += 1) {
    const name = `o${random(30)}`;
    const isThere = store.list(scope).some(({ key }) => key.name === name);
    if (isThere && random(4) === 0) await remove(store, name);
    else await put(store, name, { step, text: "x".repeat(random(10) === 0 ? 9_000 : random(400)) });
    if (step === 120) await store.compact();
  }
  const answers = answersOf(store);
  await store.close();
  return answers;
}

const flip = (file: string, random: Random, count: number): void => {
  const bytes = readFileSync(file);
  const start = random(bytes.length);
  for (let index = start; index < Math.min(start + count, bytes.length); index += 1) {
    bytes[index] = bytes[index]! ^ (1 + random(255));
  }
  writeFileSync(file, bytes);
};

const damages: ((file: string, random: Random) => void)[] = [
  (file, random) => flip(file, random, 1),
  (file, random) => flip(file, random, 64),
  (file, random) => flip(file, random, 4_096),
  // The first page is the most consequential: settings and definitions.
  (file, random) => {
    const bytes = readFileSync(file);
    const index = random(random(2) ? 100 : 4_096);
    bytes[index] = bytes[index]! ^ (1 << random(8));
    writeFileSync(file, bytes);
  },
  // A page that was never written, or written to the wrong place.
  (file, random) => {
    const bytes = readFileSync(file);
    const page = () => random(bytes.length / 4_096) * 4_096;
    bytes.copyWithin(page(), page(), page() + 4_096);
    writeFileSync(file, bytes);
  },
  (file, random) => {
    const length = readFileSync(file).length;
    truncateSync(file, [0, 1, 100, 4_096, length - 10, random(length)][random(6)]);
  },
];

describe("a damaged store (G14)", () => {
  test(
    `is noticed or does no harm: ${DAMAGES} random damages, no wrong answer, no empty start`,
    async () => {
      const random = randomOf(SEED);
      const original = temporaryDirectory();
      const answers = await storeWithALife(original, random);
      let refused = 0;
      for (let round = 0; round < DAMAGES; round += 1) {
        const directory = temporaryDirectory();
        cpSync(original, directory, { recursive: true, filter: (path) => !path.endsWith(".ballast") });
        damages[round % damages.length]!(join(directory, "store.db"), random);
        const verdict = await verdictOn(directory);
        const isRefused = verdict === "refused";
        refused += Number(isRefused);
        expect(isRefused ? answers : verdict, `seed ${SEED}, round ${round}`).toEqual(answers);
        rmSync(directory, { recursive: true });
      }
      console.info(`${refused} of ${DAMAGES} damages were noticed; the others did no harm`);
      expect(refused).toBeGreaterThan(DAMAGES / 2);
    },
    60_000 + DAMAGES * 400,
  );

  const verdictOn = async (directory: string) => {
    const options = { directory, onFatal: (error: Error) => expect.fail(error.message) };
    const store = await Store.open(options).catch((error: unknown) => error);
    if (!(store instanceof Store)) {
      expect(store).toBeInstanceOf(StoreError);
      expect((store as Error).message).toContain(join(directory, "store.db"));
      return "refused";
    }
    const answers = answersOf(store);
    await put(store, "after", "damage"); // what did no harm must not do so later
    await store.close();
    const again = await Store.open(options);
    expect(again.revision).toBe(store.revision);
    await again.close();
    return answers;
  };

  test.each([
    ["is gone", (file: string) => rmSync(file), "is gone"],
    ["is empty", (file: string) => truncateSync(file, 0), "only 0 bytes"],
    ["has one byte", (file: string) => truncateSync(file, 1), "only 1 bytes"],
    ["is of no database", (file: string) => writeFileSync(file, "x".repeat(9_000)), "file is not a database"],
  ])("is refused when its file %s, saying what to do, and left alone", async (_, damage, message) => {
    const directory = temporaryDirectory();
    await storeWithALife(directory, randomOf(SEED));
    const file = join(directory, "store.db");
    damage(file);
    const before = readdirSync(directory).includes("store.db") ? readFileSync(file) : undefined;
    await expect(openStore({ directory })).rejects.toThrow(message);
    await expect(openStore({ directory })).rejects.toThrow("Restore a backup");
    const after = readdirSync(directory).includes("store.db") ? readFileSync(file) : undefined;
    expect(after).toEqual(before);
  });

  test("is refused when its header says that it must not be written", async () => {
    const directory = temporaryDirectory();
    await storeWithALife(directory, randomOf(SEED));
    const bytes = readFileSync(join(directory, "store.db"));
    bytes[18] = 3; // a file format of the future: https://sqlite.org/fileformat2.html#file_format_version_numbers
    writeFileSync(join(directory, "store.db"), bytes);
    await expect(openStore({ directory })).rejects.toThrow(
      "store.db cannot be used: attempt to write a readonly",
    );
  });

  test("is refused when an empty database was put in its place", async () => {
    const [directory, other] = [temporaryDirectory(), temporaryDirectory()];
    await storeWithALife(directory, randomOf(SEED));
    await (await openStore({ directory: other })).close();
    copyFileSync(join(other, "store.db"), join(directory, "store.db"));
    await expect(openStore({ directory })).rejects.toThrow("it is store");
  });

  test("is refused when its WAL was deleted after a crash", async () => {
    const [directory, crashed] = [temporaryDirectory(), temporaryDirectory()];
    const store = await openStore({ directory });
    await put(store, "a", "answered");
    copyAsIfCrashed(directory, crashed);
    rmSync(join(crashed, "store.db-wal"));
    await expect(openStore({ directory: crashed })).rejects.toThrow("store.db-wal is damaged: it is gone");
  });

  test("is opened with its WAL after a crash (G1)", async () => {
    const [directory, crashed] = [temporaryDirectory(), temporaryDirectory()];
    const store = await openStore({ directory });
    await put(store, "a", "answered");
    copyAsIfCrashed(directory, crashed);
    const recovered = await openStore({ directory: crashed });
    expect(answersOf(recovered)).toEqual(answersOf(store));
    await recovered.close();
    expect(readdirSync(crashed).toSorted()).toEqual(["store.db", "store.id", "store.lock"]);
  });
});

/** Reads the files of an open store, which a store itself must never do: it may cost the locks of this test's one. */
function copyAsIfCrashed(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const files = ["store.db", "store.db-wal", "store.id", "store.needs-wal"];
  for (const file of files) copyFileSync(join(from, file), join(to, file));
}
