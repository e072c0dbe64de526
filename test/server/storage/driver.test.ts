import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { availableDrivers, openSqlite, sqliteCodeOf, type Database } from "../../../server/storage/driver.ts";
import { configure } from "../../../server/storage/schema.ts";
import { changesOf, lineOf, openStore, put, remove, scope, specsOf, temporaryDirectory } from "./helpers.ts";

const drivers = availableDrivers();

for (const driver of ["node:sqlite", "better-sqlite3"] as const) {
  if (!drivers.includes(driver))
    console.warn(`!!! ${driver} IS NOT TESTED: Node ${process.version} does not have it`);
}

describe.each(drivers)("%s", (driver) => {
  const open = () => openSqlite(join(temporaryDirectory(), "test.db"), driver);
  const valueOf = (database: Database, sql: string) => Object.values(database.prepare(sql).get() ?? {})[0];

  test("writes durably: settings are read back (G1)", () => {
    const database = open();
    configure(database);
    expect(valueOf(database, "PRAGMA synchronous")).toBe(2);
    expect(valueOf(database, "PRAGMA journal_mode")).toBe("wal");
    expect(valueOf(database, "PRAGMA locking_mode")).toBe("exclusive");
    expect(valueOf(database, "PRAGMA fullfsync")).toBe(1);
    expect(valueOf(database, "PRAGMA auto_vacuum")).toBe(2);
    expect(valueOf(database, "PRAGMA mmap_size") ?? 0).toBe(0);
    database.close();
  });

  test("names errors alike", () => {
    const database = open();
    database.exec(
      "CREATE TABLE t (a INTEGER PRIMARY KEY); PRAGMA max_page_count = 3; CREATE TABLE u (a BLOB)",
    );
    const fill = () => database.prepare("INSERT INTO u VALUES (zeroblob(100000))").run();
    expect(codeOf(fill)).toBe("SQLITE_FULL");
    expect(codeOf(() => openSqlite("/nowhere/at/all.db", driver))).toBe(
      driver === "node:sqlite" ? "SQLITE_CANTOPEN" : undefined, // better-sqlite3 looks for the directory itself
    );
    expect(sqliteCodeOf(new Error("other"))).toBeUndefined();
    database.close();
  });

  test("keeps what the other has written", async () => {
    const directory = temporaryDirectory();
    const other = drivers.find((name) => name !== driver) ?? driver;
    const first = await openStore({ directory, driver: other, history: { minAgeMs: 0, minCount: 3 } });
    await put(first, "a", { text: "ä 💡 \u0000" });
    await put(first, "b", 1);
    await remove(first, "b");
    await put(first, "a", 2);
    await first.compact();
    const before = changesOf(first).map(lineOf);
    await first.close();
    const second = await openStore({ directory, driver });
    expect(changesOf(second).map(lineOf)).toEqual(before);
    expect(specsOf(second.list(scope))).toEqual([2]);
    expect((await put(second, "c")).revision).toBe(5);
  });
});

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return sqliteCodeOf(error);
  }
  throw new Error("it did not fail");
}
