import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base } from "vitest";
import { Session } from "./session.ts";

export { BINARY, type Outcome, ours, Session, toManifest, writeFiles } from "./session.ts";

/** A running server for each test. */
export const test = base.extend<{ session: Session }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  session: async ({}, use) => {
    const directory = await mkdtemp(path.join(tmpdir(), "tiltish-e2e-"));
    const session = new Session(directory);
    await mkdir(session.root, { recursive: true });
    await session.serve();
    await use(session);
    await session.stop();
    await rm(directory, { recursive: true, force: true });
  },
});
