import { copyFileSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { closeDatabase, openDatabase } from "../../../server/storage/database.ts";
import { openDirectory } from "../../../server/storage/files.ts";
import { MIGRATIONS, type Migration } from "../../../server/storage/schema.ts";
import { changesOf, openStore, put, scope, specsOf, temporaryDirectory, withFailpoints } from "./helpers.ts";

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A directory with the store that was written when `schema` was the newest. */
function directoryOf(schema: number): string {
  const directory = temporaryDirectory();
  const fixture = new URL(`fixtures/schema-${schema}.db`, import.meta.url);
  copyFileSync(fixture, join(directory, "store.db"));
  return directory;
}

const next: Migration = {
  version: MIGRATIONS.at(-1)!.version + 1,
  sql: "ALTER TABLE store ADD COLUMN note TEXT NOT NULL DEFAULT 'migrated'",
};

/** Opens as a version would that knows these schemas, looks, and closes. */
function openAs<T>(
  directory: string,
  migrations: readonly Migration[],
  look: (sql: (text: string) => unknown) => T,
): T {
  const files = openDirectory(directory, SILENT);
  const { database } = openDatabase({ files, migrations });
  try {
    return look((text) => Object.values(database.prepare(text).get() ?? {})[0]);
  } finally {
    closeDatabase(database, files);
  }
}

describe("a store of an older version", () => {
  test.each(MIGRATIONS.map(({ version }) => version))(
    "is read as it was written: schema %i",
    async (schema) => {
      const store = await openStore({ directory: directoryOf(schema), history: { minAgeMs: 1e15 } });
      expect(specsOf(store.list(scope))).toEqual(["latest", "first"]);
      expect(store).toMatchObject({ revision: 6, compactedRevision: 1 });
      expect(specsOf(store.listAt(scope, 3))).toEqual(["before", "first", "last"]);
      expect(changesOf(store).map(({ type, revision }) => `${type} ${revision}`)).toEqual([
        "ADDED 2",
        "ADDED 3",
        "MODIFIED 4",
        "DELETED 5",
        "MODIFIED 6",
      ]);
      expect((await put(store, "new")).revision).toBe(7);
    },
  );

  test("is upgraded, after a copy was made of it", () => {
    const directory = directoryOf(1);
    openAs(directory, [...MIGRATIONS, next], (sql) => {
      expect(sql("PRAGMA user_version")).toBe(next.version);
      expect(sql("SELECT note FROM store")).toBe("migrated");
      expect(sql("SELECT count(*) FROM log")).toBe(6);
    });
    const copy = temporaryDirectory();
    expect(statSync(join(directory, "store.db.schema-1")).mode & 0o777).toBe(0o600);
    copyFileSync(join(directory, "store.db.schema-1"), join(copy, "store.db"));
    openAs(copy, MIGRATIONS, (sql) => expect(sql("PRAGMA user_version")).toBe(1));
  });

  test("is as it was when an upgrade fails, and can be upgraded again (G2)", () => {
    const directory = directoryOf(1);
    withFailpoints("store.beforeMigrationCommit=throw@1");
    expect(() => openAs(directory, [...MIGRATIONS, next], () => undefined)).toThrow("failpoint");
    openAs(directory, MIGRATIONS, (sql) => expect(sql("PRAGMA user_version")).toBe(1));
    openAs(directory, [...MIGRATIONS, next], (sql) => expect(sql("PRAGMA user_version")).toBe(next.version));
  });

  test("is not copied when there is nothing to upgrade", async () => {
    const directory = directoryOf(1);
    openAs(directory, MIGRATIONS, () => undefined);
    expect(existsSync(join(directory, "store.db.schema-1"))).toBe(false);
  });
});

describe("a store of a newer version", () => {
  test("is refused, and still good for that version", async () => {
    const directory = directoryOf(1);
    openAs(directory, [...MIGRATIONS, next], () => undefined);
    await expect(openStore({ directory })).rejects.toThrow(`has schema ${next.version}`);
    openAs(directory, [...MIGRATIONS, next], (sql) => expect(sql("SELECT note FROM store")).toBe("migrated"));
  });
});
